package io.iocp.engine.simulated;

import io.iocp.operation.ConnectionOptions;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection: the port's end, and what the peer's end has to know. Thread: whoever has the network's lock.
 *
 * <p>A reset leaves the bytes that came before it to be received; then the port's side is told once and sees the end of the
 * stream from there on, as on Linux.
 */
final class SimulatedConnection extends SimulatedEndpoint {
    /** From the peer. */
    Pipe incoming;

    /** To the peer. */
    Pipe outgoing;

    /** The test that is the peer; null if that is another connection of a port. */
    @Nullable
    SimulatedPeer peer;

    /** The other end, if that is a connection of a port too. */
    @Nullable
    SimulatedConnection other;

    /** Its close is to be a reset for the peer. */
    boolean abortive;

    /** The connection is reset, for the port's side. */
    boolean reset;

    /** The port's side has been told of the reset. */
    boolean resetTold;

    /** The connection is reset, for the peer. */
    boolean peerReset;

    /** Closing the port's end resets the connection. */
    private final boolean resetOnClose;

    /** The peer has closed its end. */
    boolean peerClosed;

    SimulatedConnection(SimulatedListener listener, SocketAddress local, SocketAddress remote, int window) {
        super(Kind.CONNECTION, local, remote);
        receiveBufferSize = listener.receiveBufferSize;
        resetOnClose = listener.options.resetOnClose();
        incoming = new Pipe(window);
        outgoing = new Pipe(window);
    }

    /** Whoever receives gets the end of the stream at once. */
    boolean hasEnded() {
        return incoming.size() == 0 && (reset ? resetTold : incoming.finished);
    }

    /** The peer, or the network, resets the connection: the port's side will see it. */
    void resetPort() {
        if (!reset) {
            reset = true;
            outgoing.clear();
            touch();
        }
    }

    /** This side ends its stream; what comes from the peer is of no interest any more. */
    void shutDownBoth() {
        shutDown = true;
        if (!resetOnClose) {
            outgoing.finished = true;
        }
        touch();
    }

    /** One that is to be connected. */
    SimulatedConnection(ConnectionOptions options) {
        super(Kind.CONNECTION, NOWHERE, null);
        receiveBufferSize = options.receiveBufferSize();
        resetOnClose = options.socket().resetOnClose();
        incoming = new Pipe(1);
        outgoing = new Pipe(1);
        beginUnconnected();
    }

    /** It has no descriptor any more, or not yet: it becomes the near end of two streams. */
    void renew(Pipe in, Pipe out) {
        incoming = in;
        outgoing = out;
        peer = null;
        if (other != null) {
            other.other = null;
            other = null;
        }
        reset = false;
        resetTold = false;
        peerReset = false;
        peerClosed = false;
        abortive = false;
        shutDown = false;
        closed = false;
    }

    /** Connects it to the far end, which waits in a backlog. */
    void connectTo(SimulatedConnection far) {
        renew(far.outgoing, far.incoming);
        other = far;
        far.other = this;
    }

    /** Takes the place of an accepted connection, for its peer too. */
    void takeOver(SimulatedConnection from) {
        renew(from.incoming, from.outgoing);
        reset = from.reset;
        peerReset = from.peerReset;
        peerClosed = from.peerClosed;
        SimulatedPeer test = from.peer;
        if (test != null) {
            peer = test;
            test.movedTo(this);
        }
        SimulatedConnection far = from.other;
        if (far != null) {
            other = far;
            far.other = this;
            from.other = null;
        }
    }

    /** What the other end has done is seen here, and the other way round. */
    void tellOther() {
        SimulatedConnection far = other;
        if (far != null) {
            seesOther(far);
            far.seesOther(this);
            if (closed && far.closed) {
                far.other = null;
                other = null;
            }
        }
    }

    private void seesOther(SimulatedConnection far) {
        if (far.peerReset) {
            resetPort();
        }
        if (far.closed) {
            peerClosed = true;
        }
        touch();
    }

    /** Closes the port's end. Input that nobody has read makes it a reset for the peer. */
    void closeDescriptor() {
        shutDown = true;
        closed = true;
        outgoing.finished = true;
        if (incoming.size() > 0 || resetOnClose || abortive) {
            peerReset = true;
        }
        if (resetOnClose || abortive) {
            outgoing.clear();
        }
        incoming.clear();
    }
}
