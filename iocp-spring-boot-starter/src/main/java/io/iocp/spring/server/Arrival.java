package io.iocp.spring.server;

import io.iocp.Connection;
import io.iocp.Handle;
import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.connection.TcpConnection;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.RoutedHandler;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that begins, or may begin, with a PROXY header: reads that first, and then passes all packets to the {@link
 * TcpConnection} that it has become.
 *
 * <p>Thread: workers, one packet of the connection at a time.
 */
final class Arrival implements RoutedHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);

    private final TcpServer server;
    private final ProxyProtocol proxy;
    private final Connection connection;
    private final SocketAddress peer;
    private final boolean trusted;
    private final long deadlineNanos;
    private final OverlappedIO receive = new OverlappedIO();

    /** What has come, from 0 to its position. */
    private ByteBuffer start = ByteBuffer.allocate(0);

    /** Null until the header is read. Written by a packet of the connection, read by those who ask where packets go. */
    private volatile @Nullable TcpConnection arrived;

    /** @param trusted whether a header of this peer is believed */
    Arrival(TcpServer server, ProxyProtocol proxy, Connection connection, boolean trusted) {
        this.server = server;
        this.proxy = proxy;
        this.connection = connection;
        this.peer = connection.remoteAddress();
        this.trusted = trusted;
        this.deadlineNanos = System.nanoTime() + proxy.timeout().toNanos();
    }

    Connection connection() {
        return connection;
    }

    SocketAddress peer() {
        return peer;
    }

    /** Whether a header of the peer is believed. If not, the peer is the client, and was counted as such when it came. */
    boolean isTrusted() {
        return trusted;
    }

    /** It is a connection of the server's from now on. */
    void become(TcpConnection context) {
        arrived = context;
    }

    /** Receives the first bytes, or more of them. */
    void begin() throws ClosedChannelException {
        long left = Math.max(1, deadlineNanos - System.nanoTime());
        connection.receive(receive.timeout(Duration.ofNanos(left)));
    }

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        TcpConnection context = arrived;
        if (context != null) {
            context.completed(packet);
            return;
        }
        try {
            switch (packet.status()) {
                case OK -> received(packet);
                case EOF -> ended(packet);
                case TIMED_OUT -> timedOut(packet);
                default -> connection.close();
            }
        } catch (Exception | Error e) {
            connection.close();
            throw e;
        }
    }

    private void received(OverlappedIO packet) throws Exception {
        ByteBuffer data = packet.data();
        ByteBuffer more = ByteBuffer.allocate(start.position() + data.remaining());
        start = more.put(start.flip()).put(data);
        ByteBuffer all = start.duplicate().flip();
        switch (ProxyHeader.of(all)) {
            case ProxyHeader header -> {
                if (trusted) {
                    server.arrived(this, header.source(), packet, all.position(header.length()));
                } else {
                    server.refuse(this, RejectReason.PROXY_UNTRUSTED);
                }
            }
            case ProxyReading.Incomplete _ -> begin();
            case ProxyReading.NoHeader _ -> {
                if (proxy.mode() == ProxyProtocol.Mode.ON) {
                    server.refuse(this, RejectReason.PROXY_INVALID);
                } else {
                    server.arrived(this, null, packet, all);
                }
            }
            case ProxyReading.Broken broken -> {
                // The network sends what it likes: no more than this, the meter and the sampled event.
                LOG.debug("server '{}': PROXY header of {}: {}", server.name(), connection, broken.why());
                server.refuse(this, trusted ? RejectReason.PROXY_INVALID : RejectReason.PROXY_UNTRUSTED);
            }
        }
    }

    /** Who connects and leaves without a word, as a health check does, is no news. */
    private void ended(OverlappedIO packet) throws Exception {
        if (start.position() == 0) {
            connection.close();
        } else if (proxy.mode() == ProxyProtocol.Mode.ON) {
            server.refuse(this, RejectReason.PROXY_INVALID);
        } else {
            server.arrived(this, null, packet, start.flip());
        }
    }

    private void timedOut(OverlappedIO packet) throws Exception {
        if (proxy.mode() == ProxyProtocol.Mode.AUTO && start.position() == 0) {
            server.arrived(this, null, packet, start.flip()); // a client that waits for us to speak first
        } else {
            server.refuse(this, RejectReason.PROXY_TIMEOUT);
        }
    }

    // ---- for the workers and listeners of the port

    @Override
    public void closed(Handle handle, Status reason) {
        TcpConnection context = arrived;
        if (context == null && !server.left(this)) {
            context = arrived; // it has become that in between, and counts as that: see TcpServer.open
        }
        if (context != null) {
            context.closed(handle, reason);
        }
    }

    @Override
    public @Nullable OverlappedIO lastPacket(Handle handle) {
        TcpConnection context = arrived;
        return context == null ? null : context.lastPacket(handle);
    }

    /** The packet that completes the header runs the handler of accepts. */
    @Override
    public boolean blocks(OverlappedIO packet) {
        TcpConnection context = arrived;
        if (context != null) {
            return context.blocks(packet);
        }
        HandlerEndpoint handler = server.acceptHandler();
        return handler != null && handler.blocking();
    }

    @Override
    public @Nullable HandlerEndpoint route(OperationKind kind, @Nullable Object key) {
        TcpConnection context = arrived;
        return context != null ? context.route(kind, key) : server.acceptHandler();
    }

    @Override
    public String server() {
        return server.name();
    }
}
