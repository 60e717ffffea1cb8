package io.iocp;

import io.iocp.operation.Accept;
import io.iocp.operation.BufferPool;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Receive;
import io.iocp.operation.StartResult;
import io.iocp.port.Shard;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;

/**
 * Accepts connections (AcceptEx, QsoStartAccept). Errors of single connections (aborted before they could be accepted) never
 * reach the caller; when descriptors run out, accepting goes on by itself once there are some, and no connection is lost.
 */
public final class Listener extends Handle {
    Listener(CompletionPort port, Endpoint endpoint) {
        super(port, endpoint);
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

    /**
     * Starts to accept one connection into a handle that is not connected: one that was {@linkplain
     * CompletionPort#openConnection opened} so, or recycled. It keeps its key, handler and attachment.
     *
     * @param target associated with the port, open, not connected and of no other accept; closing it ends the accept with
     *     ABORTED
     * @throws IllegalArgumentException if the target is in use or not connectable
     * @throws IllegalStateException if the listener is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the listener or the target is closed
     */
    public StartResult accept(OverlappedIO packet, Connection target) throws ClosedChannelException {
        Accept operation = packet.accept();
        Shard shard = beginAccept(packet, operation);
        claim(packet, operation, target);
        return startAccept(shard, operation);
    }

    /**
     * Starts to accept one connection together with its first bytes: completes when at least one byte is there, or with 0 bytes
     * when the client ends its stream without any. Such accepts complete in the order in which the bytes come, and keep nobody
     * from being accepted meanwhile. A client that resets its connection before is not reported; the next one is accepted. If there is no memory for
     * the first bytes their connection is closed, and the packet says RESOURCE_LIMIT.
     *
     * @throws IllegalArgumentException if the buffer or the target cannot be used
     * @throws IllegalStateException if the listener is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the listener or the target is closed
     */
    public StartResult acceptWithData(OverlappedIO packet, AcceptRequest request) throws ClosedChannelException {
        MemorySegment buffer = request.buffer();
        if (buffer != null) {
            Connection.checkWritable(port(), buffer);
            if (buffer.byteSize() == 0) {
                throw new IllegalArgumentException(
                        "first bytes need a buffer of at least one byte; accept(packet) does not wait for any");
            }
        }
        Receive first = new Receive(packet);
        if (buffer == null) {
            first.intoEngineBuffer();
        } else if (BufferPool.mayEnterKernel(buffer)) {
            first.into(buffer);
        } else {
            first.into(buffer, Connection.bounce(port(), buffer.byteSize()));
        }
        boolean started = false;
        try {
            StartResult result = acceptWithData(packet, request, first);
            started = true;
            return result;
        } finally {
            if (!started) {
                first.forget();
            }
        }
    }

    private StartResult acceptWithData(OverlappedIO packet, AcceptRequest request, Receive first)
            throws ClosedChannelException {
        Accept operation = packet.accept();
        Shard shard = beginAccept(packet, operation);
        Connection target = request.target();
        if (target != null) {
            claim(packet, operation, target);
        }
        operation.firstData = first;
        operation.buffer = request.buffer();
        Duration timeout = request.firstDataTimeout();
        operation.firstDataNanos = timeout == null ? 0 : CompletionPort.nanos(timeout);
        operation.deliverSilent = request.deliverSilent();
        return startAccept(shard, operation);
    }

    private StartResult start(OverlappedIO packet, boolean continuous) throws ClosedChannelException {
        Accept operation = packet.accept();
        Shard shard = beginAccept(packet, operation);
        operation.continuous = continuous;
        return startAccept(shard, operation);
    }

    private Shard beginAccept(OverlappedIO packet, Accept operation) throws ClosedChannelException {
        Shard shard = begin(packet, operation);
        operation.continuous = false;
        operation.accepted = null;
        operation.target = null;
        operation.firstData = null;
        operation.buffer = null;
        return shard;
    }

    private StartResult startAccept(Shard shard, Accept operation) {
        try {
            return start(shard, operation);
        } catch (RuntimeException refused) {
            operation.settle(); // gives back what it has claimed and leased
            throw refused;
        }
    }

    /** The operation has begun; if this fails it has not. */
    private void claim(OverlappedIO packet, Accept operation, Connection target) throws ClosedChannelException {
        Endpoint endpoint = target.endpoint();
        String problem = null;
        if (target.port() != port() || target.shard() == null) {
            problem = " is not associated with the port of " + this + ": associate it first";
        } else {
            operation.target = endpoint;
            if (!endpoint.claim(operation)) {
                operation.target = null;
                problem = " is " + endpoint.connection() + ": the target of an accept must not be connected, and of one"
                        + " accept at a time";
            }
        }
        if (problem != null) {
            abandon(packet, operation);
            throw new IllegalArgumentException(target + problem);
        }
        if (!target.isOpen()) {
            endpoint.unclaim();
            operation.target = null;
            abandon(packet, operation);
            throw new ClosedChannelException();
        }
    }

    @Override
    public String toString() {
        return "Listener[" + id() + ", " + localAddress() + "]";
    }
}
