package io.iocp.spring.server;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.ConnectionOwner;
import io.iocp.spring.connection.ConnectionSettings;
import io.iocp.spring.connection.ConnectionTls;
import io.iocp.spring.connection.ConnectionView;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.HandshakeOutcome;
import io.iocp.spring.connection.ReasonCounters;
import io.iocp.spring.connection.TcpConnection;
import io.iocp.spring.connection.TlsHandshake;
import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerTable;
import io.iocp.spring.handler.ReturnValue;
import io.iocp.spring.handler.RoutedHandler;
import io.iocp.spring.tls.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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
 * <p>Next: {@link TcpConnection#completed}.
 */
public final class TcpServer implements ConnectionOwner {
    private static final Logger LOG = LoggerFactory.getLogger(TcpServer.class);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Life of a server. It may be started again after a stop. */
    public enum State {
        STOPPED,
        LISTENING,
        /** Accepts no more until it is resumed: who connects waits in the backlog. Connections live on. */
        PAUSED,
        /** Accepts no more; connections are being finished. */
        DRAINING,
        /** Accepting ended although nobody asked for it. */
        FAILED
    }

    private final ServerSettings settings;
    private final CompletionPort port;
    private final HandlerTable handlers;
    private final ConnectionSettings connectionSettings;
    private final Consumer<Object> events;
    private final HandshakeListener handshakes;
    private final ConnectionListener observer;
    private final Admission admission;
    private final @Nullable SocketFile socketFile;
    private final Set<TcpConnection> connections = ConcurrentHashMap.newKeySet();

    /** Those whose PROXY header is awaited. */
    private final Set<Arrival> arrivals = ConcurrentHashMap.newKeySet();

    /** For those who wait until nothing is open any more. */
    private final Object empty = new Object();

    private final AtomicInteger active = new AtomicInteger();
    private final LongAdder opened = new LongAdder();
    private final LongAdder unclaimed = new LongAdder();
    private final ReasonCounters<CloseReason> closed = new ReasonCounters<>(CloseReason.class);
    private final ReasonCounters<RejectReason> rejected = new ReasonCounters<>(RejectReason.class);
    private final AtomicBoolean unclaimedLogged = new AtomicBoolean();
    private volatile State state = State.STOPPED;
    private volatile @Nullable Listener listener;

    /** The accept that is wanted; null while none is. Guarded by this. */
    private @Nullable OverlappedIO accepting;

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
            HandshakeListener handshakes,
            ConnectionListener observer) {
        this.settings = settings;
        ServerTls tls = settings.tls();
        this.connectionSettings = new ConnectionSettings(
                settings.idleTimeout(),
                settings.deadlines(),
                settings.send(),
                settings.framing(),
                tls == null ? null : new ConnectionTls(tls.options(), tls.handshakeTimeout()));
        this.port = port;
        this.handlers = handlers;
        this.events = events;
        this.handshakes = handshakes;
        this.observer = observer;
        this.admission = new Admission(settings.admission(), System::nanoTime);
        this.socketFile = settings.address() instanceof UnixDomainSocketAddress unix
                ? new SocketFile(unix, settings.socketPermissions())
                : null;
        BoundedFraming framing = settings.framing();
        handlers.frameType(framing == null ? null : framing.framing().frameType());
        handlers.onChange(() -> connections.forEach(TcpConnection::handlersChanged));
    }

    /**
     * Begins to listen.
     *
     * @throws ServerStartException if the address cannot be listened on
     */
    public synchronized void start() {
        if (state == State.LISTENING || state == State.PAUSED) {
            return;
        }
        try {
            if (socketFile != null) {
                socketFile.makeRoom();
            }
            Listener opening = port.openListener(
                    settings.address(),
                    new ListenOptions(settings.backlog(), settings.receiveBufferSize(), settings.socket()));
            listener = opening;
            if (socketFile != null) {
                socketFile.made();
            }
            state = State.LISTENING;
            port.associate(opening, settings.name(), new Accepts());
            accept(opening);
        } catch (IOException e) {
            stopListening(State.STOPPED);
            ServerStartException failure = new ServerStartException(settings, e);
            events.accept(new TcpServerStartFailed(name(), port.name(), failure));
            throw failure;
        }
        LOG.info("server '{}' listens on {}{}", name(), address(), settings.tls() == null ? "" : " with TLS");
        OperationKind data = settings.tls() == null ? OperationKind.RECEIVE : OperationKind.TLS_RECEIVE;
        if (handlers.of(data) == null && !handlers.isStopped(data)) {
            LOG.warn(
                    "server '{}' has no handler: connections are closed when they send; declare an @IoCompletionHandler(server"
                            + " = \"{}\") method",
                    name(),
                    name());
        }
        SocketAddress at = address();
        if (at != null) {
            events.accept(new TcpServerStarted(name(), port.name(), at));
        }
    }

    /**
     * Accepts no more until {@link #resume()}; connections live on, and who connects meanwhile waits in the backlog. What was
     * accepted already may still come.
     *
     * @return whether it was listening
     */
    public synchronized boolean pause() {
        Listener open = listener;
        if (state != State.LISTENING || open == null) {
            return false;
        }
        state = State.PAUSED;
        accepting = null;
        open.cancelAll();
        LOG.info("server '{}' is paused, with {} connections", name(), connections());
        observer.serverPaused(port.name(), name());
        return true;
    }

    /**
     * Accepts again.
     *
     * @return whether it was paused
     * @throws ClosedChannelException if its port is closed
     */
    public synchronized boolean resume() throws ClosedChannelException {
        Listener open = listener;
        if (state != State.PAUSED || open == null) {
            return false;
        }
        accept(open);
        state = State.LISTENING;
        LOG.info("server '{}' is resumed", name());
        observer.serverResumed(port.name(), name());
        return true;
    }

    /** Each time with a packet of its own: the last one of an accept that was paused may come when the next has begun. */
    private void accept(Listener open) throws ClosedChannelException {
        OverlappedIO packet = new OverlappedIO();
        accepting = packet;
        open.acceptContinuously(packet);
    }

    /**
     * Accepts no more, and closes each connection once its handler has returned and what it sent has left. Never waits.
     *
     * @param spread the closes are spread over this time, each at a moment of its own, so that not all clients come back at once
     *     elsewhere; zero = at once
     */
    public synchronized void drain(Duration spread) {
        if (isServing()) {
            LOG.info("server '{}' stops, with {} connections", name(), connections());
            stopListening(State.DRAINING);
            stopped(new TcpServerStopped(name(), port.name(), false));
        }
        arrivals.forEach(arrival -> arrival.connection().close());
        long nanos = spread.toNanos();
        connections.forEach(connection -> connection.shutDown(
                nanos <= 0
                        ? Duration.ZERO
                        : Duration.ofNanos(ThreadLocalRandom.current().nextLong(nanos))));
    }

    /** As {@link #drain(Duration)}, all at once. */
    public void drain() {
        drain(Duration.ZERO);
    }

    /**
     * Waits until no connection is open.
     *
     * @param deadlineNanos when to give up, as {@link System#nanoTime}
     * @return whether none is
     */
    boolean awaitEmpty(long deadlineNanos) throws InterruptedException {
        synchronized (empty) {
            while (active.get() > 0) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(empty, left);
            }
            return true;
        }
    }

    /** Accepts no more and resets every connection at once. Never waits. */
    public synchronized void stop() {
        if (isServing()) {
            stopped(new TcpServerStopped(name(), port.name(), false));
        }
        stopListening(State.STOPPED);
        arrivals.forEach(arrival -> arrival.connection().close());
        connections.forEach(c -> c.reset(CloseReason.SHUTDOWN));
    }

    /** A listener of the application's that fails must not keep the connections from being ended. */
    private void stopped(TcpServerStopped event) {
        try {
            events.accept(event);
        } catch (RuntimeException e) {
            LOG.error("server '{}': a listener of {} failed", name(), event, e);
        }
    }

    private void stopListening(State next) {
        state = next;
        accepting = null;
        Listener open = listener;
        if (open != null) {
            open.close();
        }
        if (socketFile != null) {
            socketFile.remove();
        }
    }

    // ---- accepting

    private final class Accepts implements RoutedHandler {
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
                    acceptEnded(packet, status);
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

    @Nullable
    HandlerEndpoint acceptHandler() {
        return handlers.of(OperationKind.ACCEPT);
    }

    private void accepted(OverlappedIO packet) throws Exception {
        Connection accepted = packet.accepted();
        SocketAddress peer = accepted.remoteAddress();
        ProxyProtocol proxy = settings.proxyProtocol();
        boolean direct = proxy.mode() == ProxyProtocol.Mode.OFF;
        boolean trusted = !direct && proxy.isTrusted(peer);
        RejectReason refusal = isServing() ? admission.checkRoom(active.get()) : RejectReason.STOPPING;
        if (refusal == null && proxy.mode() == ProxyProtocol.Mode.ON && !trusted) {
            refusal = RejectReason.PROXY_UNTRUSTED;
        }
        if (refusal == null && !trusted) {
            refusal = admission.enter(peer); // it speaks for itself, whatever it sends
        }
        if (refusal == null) {
            refusal = admission.checkRate();
            if (refusal != null && !trusted) {
                admission.leave(peer);
            }
        }
        if (refusal != null) {
            reject(accepted, refusal);
        } else if (direct) {
            serve(accepted, peer, packet, null, NOTHING);
        } else {
            arrive(new Arrival(this, proxy, accepted, trusted));
        }
    }

    private void arrive(Arrival arrival) {
        Connection connection = arrival.connection();
        arrivals.add(arrival);
        active.incrementAndGet();
        try {
            port.associate(connection, name(), arrival);
        } catch (IllegalStateException e) {
            connection.close(); // the port was closed meanwhile
            left(arrival);
            return;
        }
        try {
            arrival.begin();
        } catch (IOException | RuntimeException e) {
            connection.close();
        }
        if (!isServing()) {
            connection.close();
        }
    }

    /**
     * The PROXY header of a connection is read.
     *
     * @param announced the client's address; null if there is none but the socket's
     * @param unread what came behind the header
     */
    void arrived(Arrival arrival, @Nullable SocketAddress announced, OverlappedIO packet, ByteBuffer unread)
            throws Exception {
        SocketAddress client = announced == null ? arrival.connection().remoteAddress() : announced;
        RejectReason refusal = null;
        if (!isServing()) {
            refusal = RejectReason.STOPPING;
        } else if (arrival.isTrusted()) {
            refusal = admission.enter(client);
        }
        if (refusal == null) {
            serve(arrival.connection(), client, packet, arrival, unread);
        } else {
            refuse(arrival, refusal);
        }
    }

    void refuse(Arrival arrival, RejectReason reason) {
        reject(arrival.connection(), reason);
    }

    /** It is closed, and has never become a connection; false if it has. */
    boolean left(Arrival arrival) {
        boolean waited = arrivals.remove(arrival);
        if (waited) {
            if (!arrival.isTrusted()) {
                admission.leave(arrival.peer());
            }
            oneLess();
        }
        return waited;
    }

    /**
     * Lets a client in that was counted, unless the handler of accepts refuses.
     *
     * @param arrival null if there is no PROXY header
     * @param unread bytes that were received already
     */
    private void serve(
            Connection plain, SocketAddress client, OverlappedIO packet, @Nullable Arrival arrival, ByteBuffer unread)
            throws Exception {
        ServerTls tls = settings.tls();
        Connection connection;
        try {
            if (tls == null) {
                plain.unread(unread);
                connection = plain;
            } else {
                connection = plain.secure(tls.options(), unread);
            }
        } catch (ClosedChannelException e) {
            leave(client, arrival);
            reject(plain, RejectReason.STOPPING); // the port is being closed
            return;
        }
        TcpConnection context = new TcpConnection(this, handlers, connectionSettings, connection, client);
        HandlerEndpoint handler = acceptHandler();
        Object result = null;
        if (handler != null) {
            try {
                result = handler.invoke(context, packet);
            } catch (Exception e) {
                leave(client, arrival);
                reject(connection, RejectReason.HANDLER_FAILED);
                handler.failed(null, OperationKind.ACCEPT, e);
                return;
            } catch (Error e) {
                leave(client, arrival);
                reject(connection, RejectReason.HANDLER_FAILED);
                throw e;
            }
            if (!connection.isOpen()) {
                letGo(result);
                leave(client, arrival);
                reject(connection, RejectReason.REFUSED);
                return;
            }
        }
        open(context, handler, result, arrival);
    }

    private void open(
            TcpConnection context,
            @Nullable HandlerEndpoint handler,
            @Nullable Object result,
            @Nullable Arrival arrival) {
        Connection connection = context.connection();
        boolean hasKey = handler != null && handler.returnValue().isKey() && result != null;
        connections.add(context);
        opened.increment();
        if (arrival == null) {
            active.incrementAndGet();
            try {
                port.associate(connection, hasKey ? result : name(), context);
            } catch (IllegalStateException e) {
                // The port or the connection was closed meanwhile; as it is nobody's, nobody would be told of its end.
                connection.close();
                letGo(result);
                closed(context, CloseReason.SHUTDOWN);
                return;
            }
        } else {
            // Its packets come one at a time, and this is one: nobody has looked for the key or the context yet. Its
            // end
            // may be told at any time, of the one or the other.
            connection.key(hasKey ? result : name());
            arrival.become(context);
            if (!arrivals.remove(arrival)) {
                // It was closed before it became this, and left() has counted that.
                connections.remove(context);
                letGo(result);
                leave(context.remoteAddress(), arrival);
                closed.increment(CloseReason.RESET);
                return;
            }
        }
        try {
            context.begin(handler != null && !hasKey ? handler.returnValue() : ReturnValue.nothing(), result);
        } catch (IOException | RuntimeException e) {
            context.abort(CloseReason.SHUTDOWN);
        }
        if (!isServing()) {
            // Whoever stopped the server may have looked at the connections before this one could be told.
            context.shutDown(Duration.ZERO);
        }
    }

    /** A client that was let in is not served; one that was counted when it came is counted out with its arrival. */
    private void leave(SocketAddress client, @Nullable Arrival arrival) {
        if (arrival == null || arrival.isTrusted()) {
            admission.leave(client);
        }
    }

    /** Nobody gets what the handler of the accept has returned. */
    private static void letGo(@Nullable Object result) {
        if (result instanceof LeasedBuffer lease) {
            lease.release();
        }
    }

    private boolean isServing() {
        State now = state;
        return now == State.LISTENING || now == State.PAUSED;
    }

    private void reject(Connection connection, RejectReason reason) {
        rejected.increment(reason);
        connection.close();
        observer.rejected(port.name(), name(), reason.tag());
    }

    private synchronized void acceptEnded(OverlappedIO packet, Status status) {
        // The last packet of a listener that was closed or paused may come when the server listens anew.
        if (packet == accepting && state == State.LISTENING && status != Status.PORT_CLOSED) {
            stopListening(State.FAILED); // who connects is refused, and the address is free for another start
            LOG.error("server '{}' accepts no more connections: {}", name(), status);
            stopped(new TcpServerStopped(name(), port.name(), true));
        }
    }

    // ---- told by the connections

    @Override
    public void closed(TcpConnection connection, CloseReason reason) {
        if (connections.remove(connection)) {
            admission.leave(connection.remoteAddress());
            closed.increment(reason);
            oneLess();
        }
    }

    private void oneLess() {
        if (active.decrementAndGet() == 0) {
            synchronized (empty) {
                empty.notifyAll();
            }
        }
    }

    @Override
    public void handshakeEnded(
            HandshakeOutcome outcome, @Nullable SSLSession session, long nanos, @Nullable IOException failure) {
        if (failure != null) {
            // The network sends what it likes: no more than this, and the meter and the sampled event.
            LOG.debug("server '{}': TLS handshake {}", name(), outcome.tag(), failure);
        }
        handshakes.ended(new TlsHandshake(
                port.name(),
                name(),
                false,
                outcome,
                session == null ? null : session.getProtocol(),
                session == null ? null : session.getCipherSuite(),
                nanos,
                failure));
    }

    @Override
    public void dropped(TcpConnection connection, CloseReason reason, @Nullable Exception why) {
        LOG.debug("server '{}': {} is closed, {}", name(), connection, reason.tag(), why);
        observer.dropped(port.name(), name(), connection.id(), reason.tag());
    }

    @Override
    public void readerSlow(TcpConnection connection) {
        observer.readerSlow(port.name(), name(), connection.id(), connection.pendingBytes());
    }

    @Override
    public void unclaimed(OperationKind kind) {
        unclaimed.increment();
        if (unclaimedLogged.compareAndSet(false, true)) {
            LOG.warn(
                    "server '{}': no handler for {} packets; they are dropped",
                    name(),
                    kind.name().toLowerCase(Locale.ROOT));
        }
    }

    // ---- facts

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public boolean isServer() {
        return true;
    }

    /** The connections that are open, in no order. Thread: any. */
    public List<ConnectionView> connectionViews() {
        return connections.stream().map(TcpConnection::view).toList();
    }

    /** The open connection of this id; null if there is none. Thread: any. */
    public @Nullable ConnectionView connectionView(long id) {
        TcpConnection connection = connection(id);
        return connection == null ? null : connection.view();
    }

    private @Nullable TcpConnection connection(long id) {
        for (TcpConnection connection : connections) {
            if (connection.id() == id) {
                return connection;
            }
        }
        return null;
    }

    /**
     * Closes the connection of this id once its handler has returned and what it sent has left.
     *
     * @return whether there is one
     */
    public boolean drainConnection(long id) {
        TcpConnection connection = connection(id);
        if (connection != null) {
            connection.shutDown(Duration.ZERO);
        }
        return connection != null;
    }

    /**
     * Closes the connection of this id at once.
     *
     * @return whether there is one
     */
    public boolean closeConnection(long id) {
        TcpConnection connection = connection(id);
        if (connection != null) {
            connection.abort(CloseReason.OPERATOR);
        }
        return connection != null;
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
    public @Nullable SocketAddress address() {
        Listener open = listener;
        return open == null || !isServing() ? null : open.localAddress();
    }

    /** Where it listens if that has a port number; null if it does not, or at a Unix domain socket. */
    public @Nullable InetSocketAddress localAddress() {
        return address() instanceof InetSocketAddress ip ? ip : null;
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
        return closed.sum(reason);
    }

    public long rejected(RejectReason reason) {
        return rejected.sum(reason);
    }

    /** Packets that no handler wanted. */
    public long unclaimed() {
        return unclaimed.sum();
    }
}
