package io.iocp.engine.simulated;

import java.net.SocketAddress;

/**
 * A connection: the port's end, and what the peer's end has to know. Thread: whoever has the network's lock.
 *
 * <p>A reset leaves the bytes that came before it to be received; then the port's side is told once and sees the end of the
 * stream from there on, as on Linux.
 */
final class SimulatedConnection extends SimulatedEndpoint {
    /** From the peer. */
    final Pipe incoming;

    /** To the peer. */
    final Pipe outgoing;

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

    /** Closes the port's end. Input that nobody has read makes it a reset for the peer. */
    void closeDescriptor() {
        shutDown = true;
        closed = true;
        outgoing.finished = true;
        if (incoming.size() > 0 || resetOnClose) {
            peerReset = true;
        }
        if (resetOnClose) {
            outgoing.clear();
        }
        incoming.clear();
    }
}
