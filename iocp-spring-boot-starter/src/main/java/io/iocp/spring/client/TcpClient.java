package io.iocp.spring.client;

import io.iocp.CompletionPort;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.ConnectionView;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.HandshakeOutcome;
import io.iocp.spring.connection.ReasonCounters;
import io.iocp.spring.connection.TcpConnection;
import io.iocp.spring.connection.TlsHandshake;
import io.iocp.spring.framing.BoundedFraming;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.HandlerTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to one address that are kept up: made anew when they are lost, after a wait that grows with each failure. What is sent
 * goes to the one with the least to do; {@link #connection()} is for what must go in order.
 *
 * <p>Thread: any.
 *
 * <p>Next: {@link Attempt#completed}.
 */
public final class TcpClient implements ClientSender {
    private static final Logger LOG = LoggerFactory.getLogger(TcpClient.class);

    private final ClientSettings settings;
    private final CompletionPort port;
    private final HandlerTable handlers;
    private final NameLookup names;
    private final DoubleSupplier random;
    private final Consumer<Object> events;
    private final ConnectionListener observer;
    private final HandshakeListener handshakes;
    private final List<Place> places;
    private final AtomicInteger turn = new AtomicInteger();
    private final ReasonCounters<ConnectOutcome> connects = new ReasonCounters<>(ConnectOutcome.class);
    private final ReasonCounters<CloseReason> closed = new ReasonCounters<>(CloseReason.class);
    private final LongAdder reconnects = new LongAdder();
    private final LongAdder handlesOpened = new LongAdder();
    private final LongAdder unclaimed = new LongAdder();
    private final AtomicBoolean unclaimedLogged = new AtomicBoolean();

    /** Whether the last news was bad: what goes on being bad is not logged each time. */
    private final AtomicBoolean troubled = new AtomicBoolean();

    /**
     * Makes a client, without starting it.
     *
     * @param random from 0 (incl.) to 1 (excl.), for the waits between tries
     * @param events is given {@link TcpClientConnected} and {@link TcpClientLost}
     */
    TcpClient(
            ClientSettings settings,
            CompletionPort port,
            HandlerTable handlers,
            NameLookup names,
            DoubleSupplier random,
            Consumer<Object> events,
            ConnectionListener observer,
            HandshakeListener handshakes) {
        this.settings = settings;
        this.port = port;
        this.handlers = handlers;
        this.names = names;
        this.random = random;
        this.events = events;
        this.observer = observer;
        this.handshakes = handshakes;
        BoundedFraming framing = settings.connection().framing();
        if (framing != null) {
            handlers.frameType(framing.framing().frameType());
        }
        this.places = Stream.iterate(0, n -> n + 1)
                .limit(settings.connections())
                .map(n -> new Place(this, n))
                .toList();
        List<Place> all = places;
        handlers.onChange(() -> all.forEach(Place::handlersChanged));
    }

    /** Begins to connect. Never waits. */
    public void start() {
        LOG.info(
                "client '{}' keeps {} connection{} up{}",
                name(),
                settings.connections(),
                settings.connections() == 1 ? "" : "s",
                settings.tls() == null ? "" : " with TLS");
        places.forEach(Place::start);
    }

    /**
     * Takes nothing new to send, and closes each connection once what was given to be sent has left and the answers that are expected
     * have come. Never waits.
     */
    public void drain() {
        places.forEach(Place::drain);
    }

    /** Closes every connection at once. Never waits. */
    public void stop() {
        places.forEach(Place::stop);
    }

    // ---- sending

    @Override
    public CompletableFuture<Void> send(ByteBuffer data) {
        Attempt best = best();
        return best == null ? CompletableFuture.failedFuture(notConnected()) : best.send(data);
    }

    @Override
    public CompletableFuture<Void> send(LeasedBuffer data) {
        Attempt best = best();
        if (best == null) {
            data.release();
            return CompletableFuture.failedFuture(notConnected());
        }
        return best.send(data);
    }

    @Override
    public <F> CompletableFuture<F> exchange(ByteBuffer request, Class<F> type) {
        Attempt best = best();
        if (best == null) {
            checkFrames(type);
            return CompletableFuture.failedFuture(notConnected());
        }
        return best.exchange(request, type);
    }

    /**
     * The connection that has the least to do now, for several sends that must go in order.
     *
     * @throws ClientNotConnectedException if none stands
     */
    public ClientConnection connection() throws ClientNotConnectedException {
        Attempt best = best();
        if (best == null) {
            throw notConnected();
        }
        return new ClientConnection(best);
    }

    /**
     * The connection for this key, the same one each time as long as the connections that stand stay the same: what is sent for one
     * key goes in order then.
     *
     * @throws ClientNotConnectedException if none stands
     */
    public ClientConnection connection(Object key) throws ClientNotConnectedException {
        int n = places.size();
        int first = Math.floorMod((Objects.hashCode(key) * 0x9E3779B9) >>> 1, n);
        for (int i = 0; i < n; i++) {
            Attempt up = places.get((first + i) % n).up();
            if (up != null) {
                return new ClientConnection(up);
            }
        }
        throw notConnected();
    }

    private @Nullable Attempt best() {
        int n = places.size();
        int first = Math.floorMod(turn.getAndIncrement(), n);
        Attempt best = null;
        long least = Long.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            Attempt up = places.get((first + i) % n).up();
            if (up != null) {
                long load = up.load();
                if (load < least) {
                    least = load;
                    best = up;
                }
            }
        }
        return best;
    }

    /** Says why, and what is done about it. */
    ClientNotConnectedException notConnected() {
        if (!settings.enabled()) {
            return new ClientNotConnectedException(
                    name(), "client '" + name() + "' is disabled: set iocp.clients." + name() + ".enabled=true", null);
        }
        Place.Ended last = null;
        Instant next = null;
        boolean stopped = true;
        for (Place place : places) {
            last = last == null ? place.lastEnd() : last;
            Instant at = place.nextTryAt();
            next = next == null || (at != null && at.isBefore(next)) ? at : next;
            stopped &= place.state() == ClientState.STOPPED;
        }
        String why;
        if (stopped) {
            why = "it is stopped";
        } else if (last == null) {
            why = "it is still connecting";
        } else {
            why = "the last one ended: " + last
                    + (next == null ? ", the next try is under way" : ", the next try is at " + next);
        }
        return new ClientNotConnectedException(
                name(),
                "client '" + name() + "' has no connection; " + why + "; remedy: see that iocp.clients." + name()
                        + " names a server that runs, and send again later",
                last == null ? null : last.failure());
    }

    // ---- told by the attempts, on their workers

    void opened() {
        handlesOpened.increment();
    }

    void connected(TcpConnection connection) {
        connects.increment(ConnectOutcome.SUCCESS);
        if (troubled.getAndSet(false)) {
            LOG.info("client '{}' is connected to {} again", name(), connection.transportAddress());
        } else {
            LOG.debug("client '{}' is connected to {}", name(), connection.transportAddress());
        }
        observer.clientConnected(
                port.name(),
                name(),
                connection.id(),
                connection.transportAddress().toString());
        publish(new TcpClientConnected(name(), port.name(), connection.id(), connection.transportAddress()));
    }

    /**
     * An attempt has ended.
     *
     * @param wasUp whether there was a connection
     * @param next when the next one begins; null if there is none
     */
    void ended(
            boolean wasUp,
            ConnectOutcome outcome,
            @Nullable Duration next,
            String reason,
            @Nullable Throwable failure) {
        if (!wasUp) {
            connects.increment(outcome);
        }
        if (next == null) {
            return; // it was to end
        }
        reconnects.increment();
        long millis = next.toMillis();
        if (!troubled.getAndSet(true)) {
            LOG.warn(
                    "client '{}' {}: {}{}; tries again in {} ms, and longer after each failure",
                    name(),
                    wasUp ? "has lost a connection" : "cannot connect",
                    reason,
                    failure == null ? "" : " (" + failure.getMessage() + ")",
                    millis);
        } else {
            LOG.debug("client '{}': {}, tries again in {} ms", name(), reason, millis, failure);
        }
        observer.clientLost(port.name(), name(), reason);
        publish(new TcpClientLost(name(), port.name(), wasUp, reason, next));
    }

    /** A listener of the application's that fails must not be the end of a connection, or of the tries to make one. */
    private void publish(Object event) {
        try {
            events.accept(event);
        } catch (RuntimeException e) {
            LOG.error("client '{}': a listener of {} failed", name(), event, e);
        }
    }

    void closed(CloseReason reason) {
        closed.increment(reason);
    }

    void handshakeEnded(
            HandshakeOutcome outcome, @Nullable SSLSession session, long nanos, @Nullable IOException failure) {
        handshakes.ended(new TlsHandshake(
                port.name(),
                name(),
                true,
                outcome,
                session == null ? null : session.getProtocol(),
                session == null ? null : session.getCipherSuite(),
                nanos,
                failure));
    }

    void dropped(TcpConnection connection, CloseReason reason, @Nullable Exception why) {
        LOG.debug("client '{}': {} is closed, {}", name(), connection, reason.tag(), why);
        observer.dropped(port.name(), name(), connection.id(), reason.tag());
    }

    void unclaimed(OperationKind kind) {
        unclaimed.increment();
        if (unclaimedLogged.compareAndSet(false, true)) {
            LOG.warn(
                    "client '{}': no handler for {} packets; declare an @IoCompletionHandler(client = \"{}\") method",
                    name(),
                    kind.name().toLowerCase(Locale.ROOT),
                    name());
        }
    }

    // ---- for the attempts

    HandlerTable handlers() {
        return handlers;
    }

    NameLookup names() {
        return names;
    }

    double random() {
        return random.getAsDouble();
    }

    /** Whether frames can be given as {@code type}. */
    void checkFrames(Class<?> type) {
        BoundedFraming framing = settings.connection().framing();
        if (framing == null) {
            throw new IllegalStateException("client '" + name()
                    + "' has no frames that could be answers: set iocp.clients." + name() + ".framing.type");
        }
        Class<?> frames = framing.framing().frameType();
        if (!Expected.fits(frames, type)) {
            throw new IllegalArgumentException("the frames of client '" + name() + "' are " + frames.getName()
                    + (frames == ByteBuffer.class ? ", to be had as ByteBuffer, byte[] or String" : "") + ", not "
                    + type.getName());
        }
    }

    long mostPendingBytes() {
        return settings.connection().send().highWaterMark();
    }

    // ---- facts

    public String name() {
        return settings.name();
    }

    public ClientSettings settings() {
        return settings;
    }

    public CompletionPort port() {
        return port;
    }

    /** Connections that are in this state now. */
    public int connections(ClientState state) {
        int count = 0;
        for (Place place : places) {
            count += place.state() == state ? 1 : 0;
        }
        return count;
    }

    /** Whether as many connections are up as there are to be. */
    public boolean isHealthy() {
        return connections(ClientState.UP) >= settings.minUp();
    }

    /** Whether something was given to be sent that the kernel has not got, or an answer is expected. */
    public boolean isBusy() {
        return places.stream().map(Place::up).anyMatch(up -> up != null && !up.isIdle());
    }

    /** Whether it has no handle any more. */
    public boolean isStopped() {
        return places.stream().noneMatch(Place::hasHandle);
    }

    /**
     * Waits until it has no handle any more.
     *
     * @param deadlineNanos when to give up, as {@link System#nanoTime}
     */
    void awaitStopped(long deadlineNanos) throws InterruptedException {
        for (Place place : places) {
            place.awaitStopped(deadlineNanos);
        }
    }

    /** Handles that it has on its port, also those that wait for their time to connect. */
    public int handles() {
        return (int) places.stream().filter(Place::hasHandle).count();
    }

    /** Handles that it ever had on its port, one for each try. */
    public long handlesOpened() {
        return handlesOpened.sum();
    }

    /** What each of its connections is doing, or why there is none. */
    public List<ClientConnectionView> views() {
        return places.stream().map(Place::view).toList();
    }

    /** The connections that there are. */
    public List<ConnectionView> connectionViews() {
        return views().stream()
                .map(ClientConnectionView::connection)
                .filter(Objects::nonNull)
                .toList();
    }

    /** The connection of this id; null if there is none. */
    public @Nullable ConnectionView connectionView(long id) {
        return connectionViews().stream()
                .filter(view -> view.id() == id)
                .findFirst()
                .orElse(null);
    }

    /**
     * Closes the connection of this id once what was given to be sent has left and the answers that are expected have come; the client
     * makes a new one.
     *
     * @return whether there is one
     */
    public boolean drainConnection(long id) {
        return places.stream().anyMatch(place -> place.drainConnection(id));
    }

    /**
     * Closes the connection of this id at once; the client makes a new one.
     *
     * @return whether there is one
     */
    public boolean closeConnection(long id) {
        return places.stream().anyMatch(place -> place.closeConnection(id));
    }

    /** Tries because one before had failed, or a connection was lost; made, or waiting for their time. */
    public long reconnects() {
        return reconnects.sum();
    }

    /** Tries that ended so. */
    public long connects(ConnectOutcome outcome) {
        return connects.sum(outcome);
    }

    /** Connections that were closed for this reason. */
    public long closedFor(CloseReason reason) {
        return closed.sum(reason);
    }

    /** Packets that no handler wanted. */
    public long unclaimed() {
        return unclaimed.sum();
    }

    @Override
    public String toString() {
        return "client '" + name() + "'";
    }
}
