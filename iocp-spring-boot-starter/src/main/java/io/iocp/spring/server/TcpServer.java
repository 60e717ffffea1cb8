package io.iocp.spring.server;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerTable;
import io.iocp.spring.handler.ReturnValue;
import io.iocp.spring.handler.RoutedHandler;
import io.iocp.spring.tls.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening address: accepts connections, gives each its handlers and its limits, and ends them in good order.
 *
 * <p>Thread: any; accepts run on workers.
 *
 * <p>Next: {@link ServerConnection#completed}.
 */
public final class TcpServer {
    private static final Logger LOG = LoggerFactory.getLogger(TcpServer.class);

    /** Life of a server. It may be started again after a stop. */
    public enum State {
        STOPPED,
        LISTENING,
        /** Accepts no more; connections are being finished. */
        DRAINING,
        /** Accepting ended although nobody asked for it. */
        FAILED
    }

    private final ServerSettings settings;
    private final CompletionPort port;
    private final HandlerTable handlers;
    private final Consumer<Object> events;
    private final HandshakeListener handshakes;
    private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger active = new AtomicInteger();
    private final LongAdder opened = new LongAdder();
    private final LongAdder unclaimed = new LongAdder();
    private final Map<CloseReason, LongAdder> closed = new EnumMap<>(CloseReason.class);
    private final Map<RejectReason, LongAdder> rejected = new EnumMap<>(RejectReason.class);
    private final AtomicBoolean unclaimedLogged = new AtomicBoolean();
    private volatile State state = State.STOPPED;
    private volatile @Nullable Listener listener;

    /**
     * Makes a server, without starting it.
     *
     * @param events is given {@link TcpServerStarted} and {@link TcpServerStopped}
     */
    public TcpServer(
            ServerSettings settings,
            CompletionPort port,
            HandlerTable handlers,
            Consumer<Object> events,
            HandshakeListener handshakes) {
        this.settings = settings;
        this.port = port;
        this.handlers = handlers;
        this.events = events;
        this.handshakes = handshakes;
        for (CloseReason reason : CloseReason.values()) {
            closed.put(reason, new LongAdder());
        }
        for (RejectReason reason : RejectReason.values()) {
            rejected.put(reason, new LongAdder());
        }
    }

    /**
     * Begins to listen.
     *
     * @throws ServerStartException if the address cannot be listened on
     */
    public synchronized void start() {
        if (state == State.LISTENING) {
            return;
        }
        try {
            Listener opening = port.openListener(
                    settings.address(),
                    new ListenOptions(settings.backlog(), settings.receiveBufferSize(), settings.socket()));
            listener = opening;
            state = State.LISTENING;
            port.associate(opening, settings.name(), new Accepts(opening));
            opening.acceptContinuously(new OverlappedIO());
        } catch (IOException e) {
            stopListening(State.STOPPED);
            throw new ServerStartException(settings, e);
        }
        LOG.info("server '{}' listens on {}{}", name(), localAddress(), settings.tls() == null ? "" : " with TLS");
        if (handlers.of(settings.tls() == null ? OperationKind.RECEIVE : OperationKind.TLS_RECEIVE) == null) {
            LOG.warn(
                    "server '{}' has no handler: connections are closed when they send; declare an @IoCompletionHandler(server"
                            + " = \"{}\") method",
                    name(),
                    name());
        }
        InetSocketAddress at = localAddress();
        if (at != null) {
            events.accept(new TcpServerStarted(name(), port.name(), at));
        }
    }

    /** Accepts no more, and closes each connection once its handler has returned and what it sent has left. Never waits. */
    public synchronized void drain() {
        if (state == State.LISTENING) {
            LOG.info("server '{}' stops, with {} connections", name(), connections());
            stopListening(State.DRAINING);
            events.accept(new TcpServerStopped(name(), port.name(), false));
        }
        connections.forEach(ServerConnection::shutDown);
    }

    /** Accepts no more and closes every connection at once. Never waits. */
    public synchronized void stop() {
        if (state == State.LISTENING) {
            events.accept(new TcpServerStopped(name(), port.name(), false));
        }
        stopListening(State.STOPPED);
        connections.forEach(ServerConnection::abort);
    }

    private void stopListening(State next) {
        state = next;
        Listener open = listener;
        if (open != null) {
            open.close();
        }
    }

    // ---- accepting

    private final class Accepts implements RoutedHandler {
        private final Listener of;

        Accepts(Listener of) {
            this.of = of;
        }

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            // Read before the handler, which is user code.
            boolean more = packet.more();
            Status status = packet.status();
            try {
                if (status == Status.OK) {
                    accepted(packet);
                }
            } finally {
                if (!more) {
                    acceptEnded(of, status);
                }
            }
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            HandlerEndpoint handler = handlers.of(OperationKind.ACCEPT);
            return handler != null && handler.blocking();
        }

        @Override
        public @Nullable HandlerEndpoint route(OperationKind kind, @Nullable Object key) {
            return handlers.of(OperationKind.ACCEPT);
        }

        @Override
        public String server() {
            return name();
        }
    }

    private void accepted(OverlappedIO packet) throws Exception {
        Connection accepted = packet.accepted();
        if (state != State.LISTENING) {
            reject(accepted, RejectReason.STOPPING);
            return;
        }
        if (settings.maxConnections() > 0 && active.get() >= settings.maxConnections()) {
            reject(accepted, RejectReason.MAX_CONNECTIONS);
            return;
        }
        ServerTls tls = settings.tls();
        Connection connection;
        try {
            connection = tls == null ? accepted : accepted.secure(tls.options());
        } catch (ClosedChannelException e) {
            reject(accepted, RejectReason.STOPPING); // the port is being closed
            return;
        }
        ServerConnection context = new ServerConnection(this, handlers, connection, tls);
        HandlerEndpoint handler = handlers.of(OperationKind.ACCEPT);
        Object result = null;
        if (handler != null) {
            try {
                result = handler.invoke(context, packet);
            } catch (Exception | Error e) {
                reject(connection, RejectReason.HANDLER_FAILED);
                throw e;
            }
            if (!connection.isOpen()) {
                reject(connection, RejectReason.REFUSED);
                return;
            }
        }
        open(context, handler, result);
    }

    private void open(ServerConnection context, @Nullable HandlerEndpoint handler, @Nullable Object result) {
        Connection connection = context.connection();
        boolean hasKey = handler != null && handler.returnValue() == ReturnValue.KEY && result != null;
        connections.add(context);
        active.incrementAndGet();
        opened.increment();
        try {
            port.associate(connection, hasKey ? result : name(), context);
        } catch (IllegalStateException e) {
            // The port or the connection was closed meanwhile; as it is nobody's, nobody would be told of its end.
            connection.close();
            closed(context, CloseReason.SHUTDOWN);
            return;
        }
        try {
            connection.idleTimeout(settings.idleTimeout());
            context.begin(handler != null && !hasKey ? handler.returnValue() : ReturnValue.NOTHING, result);
        } catch (IOException | RuntimeException e) {
            context.abort();
        }
        if (state != State.LISTENING) {
            // Whoever stopped the server may have looked at the connections before this one could be told.
            context.shutDown();
        }
    }

    private void reject(Connection connection, RejectReason reason) {
        counter(rejected, reason).increment();
        connection.close();
    }

    private synchronized void acceptEnded(Listener of, Status status) {
        // The last packet of a listener that was closed may come when the server listens anew.
        if (of.id() == currentListener() && state == State.LISTENING && status != Status.PORT_CLOSED) {
            state = State.FAILED;
            LOG.error("server '{}' accepts no more connections: {}", name(), status);
            events.accept(new TcpServerStopped(name(), port.name(), true));
        }
    }

    private long currentListener() {
        Listener open = listener;
        return open == null ? -1 : open.id();
    }

    // ---- told by the connections

    void closed(ServerConnection connection, CloseReason reason) {
        if (connections.remove(connection)) {
            active.decrementAndGet();
            counter(closed, reason).increment();
        }
    }

    /** @param session null unless it succeeded */
    void handshakeEnded(
            HandshakeOutcome outcome, @Nullable SSLSession session, long nanos, @Nullable IOException failure) {
        if (failure != null) {
            // The network sends what it likes: no more than this, and the meter and the sampled event.
            LOG.debug("server '{}': TLS handshake {}", name(), outcome.tag(), failure);
        }
        handshakes.ended(new TlsHandshake(
                port.name(),
                name(),
                outcome,
                session == null ? null : session.getProtocol(),
                session == null ? null : session.getCipherSuite(),
                nanos,
                failure));
    }

    void unclaimed(OperationKind kind) {
        unclaimed.increment();
        if (unclaimedLogged.compareAndSet(false, true)) {
            LOG.warn(
                    "server '{}': no handler for {} packets; they are dropped",
                    name(),
                    kind.name().toLowerCase(Locale.ROOT));
        }
    }

    // ---- facts

    public String name() {
        return settings.name();
    }

    public ServerSettings settings() {
        return settings;
    }

    public CompletionPort port() {
        return port;
    }

    public State state() {
        return state;
    }

    /** Where it listens, with the port number that was chosen for 0; null if it does not. */
    public @Nullable InetSocketAddress localAddress() {
        Listener open = listener;
        return open == null || state != State.LISTENING ? null : (InetSocketAddress) open.localAddress();
    }

    /** Connections that are open now. */
    public int connections() {
        return active.get();
    }

    /** Connections that were ever opened. */
    public long opened() {
        return opened.sum();
    }

    public long closed(CloseReason reason) {
        return counter(closed, reason).sum();
    }

    public long rejected(RejectReason reason) {
        return counter(rejected, reason).sum();
    }

    /** Packets that no handler wanted. */
    public long unclaimed() {
        return unclaimed.sum();
    }

    private static <K> LongAdder counter(Map<K, LongAdder> counters, K key) {
        LongAdder counter = counters.get(key);
        if (counter == null) {
            throw new AssertionError("no counter for " + key);
        }
        return counter;
    }
}
