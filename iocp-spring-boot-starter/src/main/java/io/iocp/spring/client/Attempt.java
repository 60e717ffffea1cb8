package io.iocp.spring.client;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.Handle;
import io.iocp.OverlappedIO;
import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.operation.TooMuchMemoryException;
import io.iocp.spring.client.Place.Ended;
import io.iocp.spring.connection.ConnectionOwner;
import io.iocp.spring.connection.ConnectionSettings;
import io.iocp.spring.connection.ConnectionView;
import io.iocp.spring.connection.HandshakeOutcome;
import io.iocp.spring.connection.TcpConnection;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.Exchange;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerTable;
import io.iocp.spring.handler.ReturnValue;
import io.iocp.spring.handler.RoutedHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One handle of a client, from the wait before its connect to its close. Everything that happens to it is a packet of the handle: the
 * time to connect, what was found for the name, the connect, what others want to have sent, and the end. Packets of a handle come one
 * at a time, so nothing here needs a lock. Once connected, a {@link TcpConnection} has the packets that are not this object's own.
 *
 * <p><b>The end.</b> When the attempt begins, a post is scheduled for a time that never comes, bound to the handle. So it comes when
 * the handle is closed, whoever closes it, exactly once, as a packet, in which the next attempt can be started (which {@link #closed}
 * may not do). It overtakes what is in flight: if there is a receive, its last packet is waited for, which says why.
 *
 * <p><b>Sends</b> come from any thread: into a queue, behind which one post takes them to the worker, who starts them in their order.
 * The post is under way exactly while {@code waking} is set; the worker clears that before it looks at the queue, and a sender adds to
 * the queue before it sets it, so nothing is left behind. A sender adds before it reads {@code over}; the worker writes {@code over}
 * before it empties the queue for the last time: one of the two sees the other, and what both see is ended once, since a queue gives
 * each element to one of them. What was started when the handle is closed has its packet.
 *
 * <p>Thread: workers, one packet at a time, but for {@link #send}, {@link #drain}, {@link #abort} and the facts, which are any.
 */
final class Attempt implements RoutedHandler, ConnectionOwner {
    /** Longer than anything lasts. */
    private static final Duration NEVER = Duration.ofDays(100 * 365);

    /** Sends that may wait on a connection, however short they are. */
    private static final int MOST_PENDING_SENDS = 10_000;

    /** Attachments of this object's own posts. */
    private enum Step {
        TRY,
        WAKE,
        DRAIN,
        END
    }

    private final TcpClient client;
    private final Place place;
    private final HandlerTable handlers;
    private final OverlappedIO connecting = new OverlappedIO();
    private final OverlappedIO wake = new OverlappedIO(Step.WAKE);
    private final Queue<Outgoing> outgoing = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean waking = new AtomicBoolean();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicInteger pendingSends = new AtomicInteger();
    private final AtomicInteger expectedAnswers = new AtomicInteger();

    /** The handle; another object of the same one when it has got TLS. */
    private volatile Connection handle;

    /** Nothing is started any more. */
    private volatile boolean over;

    private volatile @Nullable TcpConnection connection;

    // Workers only.
    private final ArrayDeque<SocketAddress> addresses = new ArrayDeque<>();

    /** The one that is connected to; of no use before the first. */
    private SocketAddress tried = InetSocketAddress.createUnresolved("nowhere", 0);

    private final ArrayDeque<Expected<?>> expected = new ArrayDeque<>(2);
    private @Nullable ConnectionSettings settings;
    private int port;
    private long triedNanos;
    private long upNanos;
    private boolean up;
    private boolean draining;
    private boolean receiving;
    private boolean ended;
    private @Nullable ConnectOutcome outcome;
    private @Nullable Throwable failure;

    private Attempt(TcpClient client, Place place, Connection handle) {
        this.client = client;
        this.place = place;
        this.handlers = client.handlers();
        this.handle = handle;
    }

    /**
     * Opens a handle that connects after {@code delay}.
     *
     * @throws IllegalStateException if the port is closed
     */
    static Attempt begin(TcpClient client, Place place, Duration delay) {
        CompletionPort port = client.port();
        Connection handle = port.openConnection(client.settings().options());
        Attempt attempt = new Attempt(client, place, handle);
        try {
            port.associate(handle, client.name(), attempt);
            client.opened();
            attempt.later(new OverlappedIO(Step.END), NEVER);
            attempt.later(new OverlappedIO(Step.TRY), delay);
        } catch (RuntimeException e) {
            handle.close();
            throw e;
        }
        return attempt;
    }

    /** Delayed posts have no bound, so they are refused by a closed port only. */
    private void later(OverlappedIO packet, Duration delay) {
        client.port().postDelayed(packet, null, delay, handle);
    }

    // ---- packets

    @Override
    public void completed(OverlappedIO packet) throws Exception {
        Object mark = packet.attachment();
        boolean own = mark instanceof Step || mark instanceof NameLookup.Found;
        if (!own && packet.kind() != OperationKind.CONNECT) {
            pass(packet);
            return;
        }
        try {
            if (mark instanceof Step step) {
                take(step, packet);
            } else if (mark instanceof NameLookup.Found found) {
                found(packet.status(), found);
            } else {
                connected(packet);
            }
        } catch (Exception | Error e) {
            failed(ConnectOutcome.FAILED, e); // or nothing would ever happen here again
            throw e;
        }
    }

    private void take(Step step, OverlappedIO packet) {
        switch (step) {
            case TRY -> tryNow(packet.status());
            case WAKE -> {
                waking.set(false);
                sendQueued();
            }
            case DRAIN -> drainNow();
            case END -> closing();
        }
    }

    private void pass(OverlappedIO packet) throws Exception {
        TcpConnection to = connection;
        if (to == null) {
            return; // the application's own, on a connection that its handler has not made
        }
        OperationKind kind = packet.kind();
        boolean last = (kind == OperationKind.RECEIVE || kind == OperationKind.TLS_RECEIVE) && !packet.more();
        try {
            to.completed(packet);
        } finally {
            if (last) {
                receiving = false;
                endIfOver();
            }
        }
    }

    // ---- connecting

    private void tryNow(Status status) {
        if (status != Status.TIMER_EXPIRED || !place.is(ClientState.CONNECTING, this)) {
            handle.close();
            return;
        }
        triedNanos = System.nanoTime();
        ClientAddress to;
        try {
            to = client.settings().address().get();
            ConnectionSettings own = client.settings().connectionTo(to);
            settings = own;
            if (own.tls() != null) {
                handle = handle.secure(own.tls().options());
            }
        } catch (RuntimeException | ClosedChannelException e) {
            failed(ConnectOutcome.FAILED, e);
            return;
        }
        Path path = to.unixSocket();
        if (path != null) {
            addresses.add(UnixDomainSocketAddress.of(path));
            connect();
            return;
        }
        port = to.port();
        String host = String.valueOf(to.host());
        client.names().find(host, found -> {
            try {
                later(new OverlappedIO(found), Duration.ZERO);
            } catch (IllegalStateException e) {
                // The port is closed: the end comes.
            }
        });
    }

    private void found(Status status, NameLookup.Found found) {
        if (status != Status.TIMER_EXPIRED || over) {
            return; // closed meanwhile
        }
        if (found.failure() != null) {
            failed(ConnectOutcome.UNKNOWN_HOST, found.failure());
            return;
        }
        for (InetAddress address : spread(found.addresses(), place.number())) {
            addresses.add(new InetSocketAddress(address, port));
        }
        connect();
    }

    /**
     * In the resolver's order, but that each connection of the pool begins with another address of the family that comes first: a name
     * with an address for each server is to have connections to all of them.
     */
    static List<InetAddress> spread(List<InetAddress> found, int number) {
        boolean v6 = found.getFirst() instanceof Inet6Address;
        List<InetAddress> first = new ArrayList<>();
        List<InetAddress> others = new ArrayList<>();
        for (InetAddress address : found) {
            (address instanceof Inet6Address == v6 ? first : others).add(address);
        }
        Collections.rotate(first, -(number % first.size()));
        first.addAll(others);
        return first;
    }

    /** To the next address, which gets its share of the time that is left. */
    private void connect() {
        Duration left = client.settings().connectTimeout().minus(Duration.ofNanos(System.nanoTime() - triedNanos));
        if (!left.isPositive()) {
            failed(
                    ConnectOutcome.TIMED_OUT,
                    new SocketTimeoutException(
                            "no connection within " + client.settings().connectTimeout()));
            return;
        }
        Duration share = left.dividedBy(addresses.size());
        SocketAddress to = addresses.remove();
        tried = to;
        try {
            handle.connect(connecting.timeout(share), ConnectRequest.to(to));
        } catch (ClosedChannelException | RuntimeException e) {
            failed(ConnectOutcome.FAILED, e); // closed meanwhile, a bound was reached, or a path that is too long
        }
    }

    private void connected(OverlappedIO packet) throws Exception {
        // Read before the handler, which may start the packet anew.
        Status status = packet.status();
        IOException problem = packet.failure();
        if (over) {
            return;
        }
        ConnectOutcome how = ConnectOutcome.of(status);
        if (status != Status.OK && how != ConnectOutcome.CANCELLED && !addresses.isEmpty()) {
            connect();
            return;
        }
        ConnectionSettings own = settings;
        if (own == null) {
            throw new AssertionError("connected without settings");
        }
        HandlerEndpoint handler = handlers.of(OperationKind.CONNECT);
        if (status != Status.OK) {
            failed(how, problem);
            if (handler != null && handler.seesTheEnd()) {
                tell(handler, new TcpConnection(this, handlers, own, handle, tried), packet);
            }
            return;
        }
        // Whoever has closed it meanwhile may have taken its peer with it.
        TcpConnection made =
                new TcpConnection(this, handlers, own, handle, handle.isConnected() ? handle.remoteAddress() : tried);
        Object greeting = null;
        if (handler != null) {
            try {
                greeting = handler.invoke(made, packet);
            } catch (Exception e) {
                failed(ConnectOutcome.HANDLER_FAILED, e);
                handler.failed(null, OperationKind.CONNECT, e);
                return;
            } catch (Error e) {
                failed(ConnectOutcome.HANDLER_FAILED, e);
                throw e;
            }
        }
        if (!handle.isOpen()) {
            if (greeting instanceof LeasedBuffer lease) {
                lease.release();
            }
            failed(ConnectOutcome.HANDLER_FAILED, new ConnectException("the handler of the connect has closed it"));
        } else {
            begin(made, handler == null ? ReturnValue.nothing() : handler.returnValue(), greeting, own);
        }
    }

    /** Tells it that there is no connection; nothing that it returns could be sent. */
    private static void tell(HandlerEndpoint handler, TcpConnection none, OverlappedIO packet) throws Exception {
        try {
            Object nobodyGets = handler.invoke(none, packet);
            if (nobodyGets instanceof LeasedBuffer lease) {
                lease.release();
            }
        } catch (Exception e) {
            handler.failed(null, OperationKind.CONNECT, e);
        }
    }

    private void begin(TcpConnection made, ReturnValue how, @Nullable Object greeting, ConnectionSettings own) {
        connection = made;
        receiving = true;
        try {
            made.begin(how, greeting);
        } catch (ClosedChannelException | RuntimeException e) {
            receiving = false;
            failed(ConnectOutcome.FAILED, e);
            return;
        }
        if (own.tls() == null) {
            up();
        } else if (!place.is(ClientState.HANDSHAKING, this)) {
            abort(CloseReason.SHUTDOWN);
        }
    }

    private void up() {
        outcome = ConnectOutcome.SUCCESS;
        up = true;
        upNanos = System.nanoTime();
        TcpConnection made = connection;
        if (made == null) {
            throw new AssertionError("up without a connection");
        }
        if (place.is(ClientState.UP, this)) {
            client.connected(made);
        } else {
            drainNow();
        }
    }

    private void failed(ConnectOutcome how, @Nullable Throwable why) {
        if (outcome == null) {
            outcome = how;
            failure = why;
        }
        handle.close();
    }

    // ---- the end

    private void closing() {
        over = true;
        handle.close(); // it is, unless the port is being closed
        refuseQueued(new ClosedChannelException());
        for (Expected<?> next = expected.poll(); next != null; next = expected.poll()) {
            answered();
            next.fail(new ClosedChannelException());
        }
        endIfOver();
    }

    private void endIfOver() {
        if (!over || receiving || ended) {
            return;
        }
        ended = true;
        TcpConnection was = connection;
        CloseReason reason = was == null ? null : was.closeReason();
        ConnectOutcome how = outcome == null ? ConnectOutcome.CANCELLED : outcome;
        String why = !up ? how.tag() : reason == null ? CloseReason.APPLICATION.tag() : reason.tag();
        Duration delay = place.ended(this, new Ended(why, failure));
        client.ended(up, how, delay, why, failure);
        if (delay != null) {
            place.next(delay);
        }
    }

    /** Whether the connection lasted at least so long. */
    boolean stoodFor(Duration time) {
        return up && System.nanoTime() - upNanos >= time.toNanos();
    }

    /** Ends in good order: what was given to be sent goes out first. Thread: any. */
    void drain() {
        try {
            handle.post(new OverlappedIO(Step.DRAIN), 0);
        } catch (ClosedChannelException e) {
            // Closed already.
        } catch (RuntimeException e) {
            abort(CloseReason.SHUTDOWN); // too much is in flight, or the port is closed
        }
    }

    private void drainNow() {
        TcpConnection has = connection;
        if (!up || has == null) {
            handle.close();
            return;
        }
        draining = true;
        place.leaves(this);
        sendQueued();
        endIfDrained(has);
    }

    private void endIfDrained(TcpConnection has) {
        if (draining && expected.isEmpty()) {
            has.shutDown();
        }
    }

    /** Ends at once. Thread: any. */
    void abort(CloseReason reason) {
        TcpConnection has = connection;
        if (has != null) {
            has.abort(reason);
        } else {
            handle.close();
        }
    }

    // ---- sending

    CompletableFuture<Void> send(ByteBuffer data) {
        int length = data.remaining();
        IOException refusal = reserve(length);
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        try {
            Outgoing next = Outgoing.copy(this, data, null);
            enqueue(next);
            return next.accepted();
        } catch (TooMuchMemoryException e) {
            sent(length);
            return CompletableFuture.failedFuture(new IOException(e));
        }
    }

    CompletableFuture<Void> send(LeasedBuffer data) {
        IOException refusal = reserve(data.length());
        if (refusal != null) {
            data.release();
            return CompletableFuture.failedFuture(refusal);
        }
        Outgoing next = Outgoing.of(this, data);
        enqueue(next);
        return next.accepted();
    }

    <F> CompletableFuture<F> exchange(ByteBuffer request, Class<F> type) {
        client.checkFrames(type);
        if (!request.hasRemaining()) {
            throw new IllegalArgumentException("a request of no bytes, which nobody would answer");
        }
        IOException refusal = reserve(request.remaining());
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        Expected<F> answer = new Expected<>(type);
        try {
            enqueue(Outgoing.copy(this, request, answer));
            return answer.answer();
        } catch (TooMuchMemoryException e) {
            sent(request.remaining());
            return CompletableFuture.failedFuture(new IOException(e));
        }
    }

    /** Counts it among what waits; says why it may not be sent, or null. */
    private @Nullable IOException reserve(int length) {
        if (!isUp()) {
            return client.notConnected();
        }
        long most = client.mostPendingBytes();
        long before = pendingBytes.getAndAdd(length);
        int sends = pendingSends.incrementAndGet();
        // A single one is taken, however long it is.
        if ((before > 0 && before + length > most) || sends + expectedAnswers.get() > MOST_PENDING_SENDS) {
            sent(length);
            return new SendRefusedException(client.name(), before, most);
        }
        return null;
    }

    /** What was reserved is not needed any more. Thread: any. */
    void sent(int length) {
        pendingBytes.addAndGet(-length);
        pendingSends.decrementAndGet();
    }

    BufferPool buffers() {
        return client.port().buffers();
    }

    private void enqueue(Outgoing next) {
        outgoing.add(next);
        if (over) {
            refuseQueued(client.notConnected());
        } else if (waking.compareAndSet(false, true)) {
            try {
                handle.post(wake, 0);
            } catch (ClosedChannelException | RuntimeException e) {
                // Closed, or too much is in flight: nobody takes what is in the queue.
                waking.set(false);
                refuseQueued(e instanceof TooManyOperationsException ? new IOException(e) : client.notConnected());
            }
        }
    }

    private void sendQueued() {
        TcpConnection to = connection;
        for (Outgoing next = outgoing.poll(); next != null; next = outgoing.poll()) {
            if (to == null || over) {
                next.refuse(client.notConnected());
            } else {
                Expected<?> answer = next.reply();
                if (answer != null) {
                    // Before the send: if that fails, so does the connection, and with it whatever is expected.
                    expected.add(answer);
                    expectedAnswers.incrementAndGet();
                }
                for (LeasedBuffer piece : next.pieces()) {
                    to.send(piece, next);
                }
            }
        }
    }

    /** Thread: any. */
    private void refuseQueued(IOException reason) {
        for (Outgoing next = outgoing.poll(); next != null; next = outgoing.poll()) {
            next.refuse(reason);
        }
    }

    // ---- told by the connection

    @Override
    public String name() {
        return client.name();
    }

    @Override
    public boolean isServer() {
        return false;
    }

    @Override
    public void closed(TcpConnection of, CloseReason reason) {
        client.closed(reason);
    }

    @Override
    public void handshakeEnded(
            HandshakeOutcome how, @Nullable SSLSession session, long nanos, @Nullable IOException problem) {
        client.handshakeEnded(how, session, nanos, problem);
        if (how == HandshakeOutcome.SUCCESS) {
            up();
        } else if (outcome == null) {
            outcome = how == HandshakeOutcome.CLOSED ? ConnectOutcome.CANCELLED : ConnectOutcome.TLS_FAILED;
            failure = problem;
        }
    }

    @Override
    public boolean takesData() {
        return client.settings().connection().framing() != null;
    }

    @Override
    public boolean taken(Exchange exchange, OverlappedIO packet) {
        Expected<?> next = expected.poll();
        if (next == null) {
            return false;
        }
        answered();
        next.take(exchange, packet);
        TcpConnection has = connection;
        if (has != null) {
            endIfDrained(has);
        }
        return true;
    }

    private void answered() {
        expectedAnswers.decrementAndGet();
    }

    @Override
    public void dropped(TcpConnection of, CloseReason reason, @Nullable Exception why) {
        client.dropped(of, reason, why);
        failure = why;
    }

    @Override
    public void unclaimed(OperationKind kind) {
        client.unclaimed(kind);
    }

    // ---- for the workers and listeners of the port

    @Override
    public void closed(Handle of, Status reason) {
        TcpConnection was = connection;
        if (was != null) {
            was.closed(of, reason);
        }
    }

    @Override
    public @Nullable OverlappedIO lastPacket(Handle of) {
        TcpConnection was = connection;
        return was == null ? null : was.lastPacket(of);
    }

    /** Handlers were started or stopped. Thread: any. */
    void handlersChanged() {
        TcpConnection has = connection;
        if (has != null) {
            has.handlersChanged();
        }
    }

    @Override
    public boolean blocks(OverlappedIO packet) {
        Object mark = packet.attachment();
        if (mark instanceof Step || mark instanceof NameLookup.Found) {
            return false;
        }
        TcpConnection has = connection;
        if (has != null) {
            return has.blocks(packet);
        }
        HandlerEndpoint handler = handlers.of(packet.kind());
        return handler != null && handler.blocking();
    }

    @Override
    public @Nullable HandlerEndpoint route(OperationKind kind, @Nullable Object key) {
        return handlers.of(kind);
    }

    @Override
    public @Nullable String server() {
        return null;
    }

    // ---- facts

    boolean isUp() {
        return place.up() == this && !over;
    }

    /** What decides which connection gets the next send. */
    long load() {
        return pendingBytes.get() + pendingSends.get() + expectedAnswers.get();
    }

    boolean isIdle() {
        return pendingSends.get() == 0 && expectedAnswers.get() == 0;
    }

    long id() {
        return handle.id();
    }

    ConnectionInfo info() {
        TcpConnection has = connection;
        if (has == null) {
            throw new AssertionError("a connection was lent that does not stand");
        }
        return has;
    }

    @Nullable
    ConnectionView view() {
        TcpConnection has = connection;
        return has == null ? null : has.view();
    }

    @Override
    public String toString() {
        return client.name() + " " + handle;
    }
}
