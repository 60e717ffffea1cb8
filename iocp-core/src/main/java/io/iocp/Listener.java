package io.iocp;

import io.iocp.engine.Engine;
import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.StartResult;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;

/**
 * Accepts connections (AcceptEx, QsoStartAccept). Errors of single connections (aborted before they could be accepted) never
 * reach the caller; when descriptors run out, accepting goes on by itself once there are some, and no connection is lost.
 */
public final class Listener extends Handle {
    Listener(CompletionPort port, Engine engine, Endpoint endpoint) {
        super(port, engine, endpoint);
    }

    /** Where it listens: an {@link java.net.InetSocketAddress}, or a {@link java.net.UnixDomainSocketAddress}. */
    public SocketAddress localAddress() {
        return endpoint().localAddress();
    }

    /**
     * Starts to accept one connection; several may be started, and complete in the order of the starts. The packet has the
     * listener's key, and the connection in {@link OverlappedIO#accepted()}.
     *
     * @throws IllegalStateException if the listener is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the listener is closed
     */
    public StartResult accept(OverlappedIO packet) throws ClosedChannelException {
        return start(packet, false);
    }

    /**
     * Starts to accept connections until cancelled or closed: a packet for each, with {@link OverlappedIO#more()}, and a last
     * one without. Only on a port with a handler.
     *
     * @throws IllegalStateException if the listener is not associated, {@code packet} is in use, or the port has no handler
     * @throws IllegalArgumentException if {@code packet} has a {@linkplain OverlappedIO#timeout(java.time.Duration) timeout}
     * @throws ClosedChannelException if the listener is closed
     */
    public StartResult acceptContinuously(OverlappedIO packet) throws ClosedChannelException {
        port().checkContinuous("acceptContinuously", "accept");
        packet.checkContinuous();
        return start(packet, true);
    }

    private StartResult start(OverlappedIO packet, boolean continuous) throws ClosedChannelException {
        Accept operation = packet.accept();
        var shard = begin(packet, operation);
        operation.continuous = continuous;
        operation.accepted = null;
        return start(shard, operation);
    }

    @Override
    public String toString() {
        return "Listener[" + id() + ", " + localAddress() + "]";
    }
}
