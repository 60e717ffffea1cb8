package io.iocp.operation;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What operations act on, as the shard and the engine see it: a listener, connection or datagram socket with one FIFO for each direction.
 * Each engine has its own subclass, which holds the descriptor.
 *
 * <p>There may be many thousands that do nothing, so what only few of them need is an object of its own, made when it is needed.
 *
 * <p>Thread: the lifecycle is read and changed by any thread; every other mutable field belongs to the holder of the
 * endpoint's shard.
 */
public abstract class Endpoint {
    /** What it is. */
    public enum Kind {
        LISTENER,
        CONNECTION,
        DATAGRAM,
        FILE
    }

    /** Life of an endpoint; only ever moves down this list. */
    public enum Lifecycle {
        /** Open, of no port yet. */
        UNASSOCIATED,
        /** Open, on a shard; operations may start. */
        OPEN,
        /** {@code close()} was called; what is in flight is being cancelled. */
        CLOSING,
        /** The descriptor is closed. */
        CLOSED
    }

    /** Whether an endpoint has a peer. What never has one, a listener for one, is CONNECTED for life. */
    public enum Connection {
        /** It has no descriptor: it may be connected, or be the target of an accept. */
        NONE,
        /** A connect or an accept has claimed it. */
        CLAIMED,
        /** Operations may start. */
        CONNECTED,
        /** It is being recycled: nothing may start. */
        LEAVING
    }

    /**
     * One direction of an endpoint: the operation that the engine has, and those that wait behind it. At most one operation
     * for each direction is ever with the kernel, because Linux fills several out of order.
     */
    public static final class Direction extends OperationList {
        /** How every operation of it ends. */
        private record Latch(
                Status status, int nativeError, @Nullable Exception cause) {}

        /** The operation that the engine works on, or that waits for its turn to be re-armed. */
        @Nullable
        public Operation current;

        /** Null while the direction works. */
        @Nullable
        private Latch latch;

        /** Operations of it that were started and whose packets are not handed over yet. */
        public int unfinished;

        private long nextSequence;

        /** Status that every operation of this direction ends with from now on; null while the direction works. */
        @Nullable
        public Status latched() {
            Latch now = latch;
            return now == null ? null : now.status;
        }

        /** The errno that belongs to {@link #latched}, 0 for none. */
        public int latchedError() {
            Latch now = latch;
            return now == null ? 0 : now.nativeError;
        }

        /** Why, if {@link #latched} alone does not say; null if it does. */
        @Nullable
        public Exception latchedCause() {
            Latch now = latch;
            return now == null ? null : now.cause;
        }

        /** Every operation ends so from now on, whatever was said before. */
        public void latch(Status status, int nativeError, @Nullable Exception cause) {
            latch = new Latch(status, nativeError, cause);
        }

        /** Every operation ends so from now on, unless there is a reason already. */
        public void latchUnlessLatched(Status status, @Nullable Exception cause) {
            if (latch == null) {
                latch(status, 0, cause);
            }
        }

        /** Whether an operation waits behind the current one. */
        public boolean hasWaiting() {
            return !isEmpty();
        }

        public long nextSequence() {
            return nextSequence++;
        }

        /** A new connection begins. */
        void renew() {
            latch = null;
            nextSequence = 0;
        }
    }

    /** The local address of what is bound to nothing. */
    protected static final SocketAddress NOWHERE = new InetSocketAddress(0);

    private static final AtomicLong IDS = new AtomicLong();
    private static final Operation[] NOBODY = {};
    /** What most connections need: one that receives and one that sends. */
    private static final int LEAST_ROLL = 2;

    /** A roll of that many is worth its memory before anybody is dropped: packets that take turns all stay on it. */
    private static final int SMALL_ROLL = 4;

    /** A roll of more than that is sorted out with a set. */
    private static final int MOST_SORTED_IN_PLACE = 16;

    private static final VarHandle CONNECTION;
    private static final VarHandle INCOMING;
    private static final VarHandle LIFECYCLE;
    private static final VarHandle TLS;
    private static final VarHandle REMOTE_ADDRESS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CONNECTION = lookup.findVarHandle(Endpoint.class, "connection", Connection.class);
            INCOMING = lookup.findVarHandle(Endpoint.class, "incoming", Endpoint.class);
            LIFECYCLE = lookup.findVarHandle(Endpoint.class, "lifecycle", Lifecycle.class);
            TLS = lookup.findVarHandle(Endpoint.class, "tls", TlsState.class);
            REMOTE_ADDRESS = lookup.findVarHandle(Endpoint.class, "remoteAddress", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long id = IDS.incrementAndGet();
    private final Kind kind;

    @Nullable
    private final OpenFile file;

    @Nullable
    private volatile SocketAddress localAddress;

    /** A {@link SocketAddress}, or what one is made of when somebody asks: bytes that the engine {@linkplain #decode knows}. */
    @Nullable
    private volatile Object remoteAddress;

    private volatile Connection connection = Connection.CONNECTED;

    /** The accept that has claimed it as its target; written before that looks whether the target is open. */
    @Nullable
    private volatile Accept acceptor;

    /** What an accept has put in it and its own shard has still to take the descriptor from. */
    @Nullable
    private volatile Endpoint incoming;

    private volatile Lifecycle lifecycle = Lifecycle.UNASSOCIATED;

    /** The descriptor is closed. Under the lock. */
    private boolean descriptorClosed;

    /** Null until somebody is about to start a handshake. Written once. */
    @Nullable
    private volatile TlsState tls;

    /** Bytes that were received and put back: they come before whatever the engine receives. Null for none. */
    @Nullable
    public ByteBuffer unread;

    /** The engine's floors have a request of their own on it, for no operation: nothing of it may be closed. */
    public boolean engineBusy;

    /** The user has ended the output: nothing more can be sent. */
    public volatile boolean outputEnded;

    /** The shard has still to tell the engine of {@link #outputEnded}, when the send that it has is back. */
    public boolean outputEnding;

    /*
     * The roll: whatever may be in flight here, in no order, so that any thread can find it. An operation is put there
     * by the first of its starts here, and a start that finds it there already costs one comparison. Nobody takes it
     * off when it ends; those who have left are dropped when room is needed. The endpoint's own lock is held for as
     * long as it takes to copy the roll; only starts that are new here and cancels of groups take it, never the shard's
     * own work but the end of a handshake and of the endpoint.
     */
    private Operation[] roll = NOBODY;
    private int rollSize;

    public final Direction input = new Direction();
    public final Direction output = new Direction();

    /** The public handle in front of this endpoint. */
    @Nullable
    public Object handle;

    /** Size in bytes of the engine's buffers that receives without a buffer of the caller's get. */
    public int receiveBufferSize;

    /** The shard has begun to close it; later than the lifecycle says so, because the caller of a close may be elsewhere. */
    public boolean closeBegun;

    /** Its close is to be a reset: the peer must not see the end of the stream before. */
    public boolean aborted;

    /** What pending operations end with once the endpoint is closing: the reason of the close. */
    public Status closeStatus = Status.HANDLE_CLOSED;

    /** A reset was reported in one direction; an end of stream that follows is that reset, not an orderly close. */
    public boolean resetSeen;

    /** An orderly end of the peer's stream has been seen. */
    public boolean endSeen;

    /** The user asked not to receive for a while: a continuous receive stays disarmed. */
    public boolean receivePaused;

    /** Its handler runs on another thread than the shard's holder; its packets wait until that is done. */
    public boolean busy;

    /** The last of the packets kept back, whose {@code nextReady} is the first: they are a ring. */
    @Nullable
    private Operation heldLast;

    /** Delayed posts that end early when this endpoint closes: the head of a list that the shard keeps. */
    @Nullable
    public Object boundPosts;

    /** The idle timer that the shard keeps for it, null for none. */
    @Nullable
    public Object idleTimer;

    /** Its place in the shard's table of endpoints. */
    public int shardIndex = -1;

    /** A file, which has no addresses. */
    protected Endpoint(OpenFile file) {
        this.kind = Kind.FILE;
        this.file = file;
        this.localAddress = null;
        this.remoteAddress = null;
    }

    protected Endpoint(Kind kind, SocketAddress localAddress, @Nullable SocketAddress remoteAddress) {
        this.kind = kind;
        this.file = null;
        this.localAddress = localAddress;
        this.remoteAddress = remoteAddress;
    }

    /** A connection whose peer's address is in a form that the engine {@linkplain #decode knows}. */
    protected Endpoint(SocketAddress localAddress, byte[] remoteAddress) {
        this.kind = Kind.CONNECTION;
        this.file = null;
        this.localAddress = localAddress;
        this.remoteAddress = remoteAddress;
    }

    /** Unique in the process, never reused. */
    public final long id() {
        return id;
    }

    public final Kind kind() {
        return kind;
    }

    public final boolean isListener() {
        return kind == Kind.LISTENER;
    }

    public final boolean isConnection() {
        return kind == Kind.CONNECTION;
    }

    /** What it has as a file; null for any other kind. */
    @Nullable
    public final OpenFile file() {
        return file;
    }

    /** Whether the engine has no operation of it. Holder only. */
    public final boolean isQuiet() {
        return input.current == null
                && output.current == null
                && !engineBusy
                && (file == null || file.inEngine.isEmpty());
    }

    /** Its own address; a file has none. */
    public final SocketAddress localAddress() {
        if (localAddress == null) {
            throw new IllegalStateException("a " + kind + " has no address");
        }
        return localAddress;
    }

    /** The peer, cached at accept; null for a listener. */
    @Nullable
    public final SocketAddress remoteAddress() {
        Object now = remoteAddress;
        if (!(now instanceof byte[] bytes)) {
            return (SocketAddress) now;
        }
        // Whoever is second keeps the first one's. If the connection is another one meanwhile these bytes are no longer
        // there.
        SocketAddress decoded = decode(bytes);
        Object before = REMOTE_ADDRESS.compareAndExchange(this, (Object) bytes, (Object) decoded);
        return before instanceof SocketAddress known ? known : decoded;
    }

    /** Makes an address of the bytes that the engine has given for it. Thread: any. */
    protected SocketAddress decode(byte[] address) {
        throw new IllegalStateException(
                "an engine that gives addresses as " + address.length + " bytes must read them");
    }

    // ---- connecting

    /** It begins without a peer. */
    protected final void beginUnconnected() {
        connection = Connection.NONE;
    }

    public final boolean isConnected() {
        return connection == Connection.CONNECTED;
    }

    public final Connection connection() {
        return connection;
    }

    /** The one way that the connection changes; false if it was not {@code from}. Thread: any. */
    public final boolean move(Connection from, Connection to) {
        return CONNECTION.compareAndSet(this, from, to);
    }

    /** The engine has connected it: what it is called. Before it is CONNECTED. */
    public final void addresses(SocketAddress local, @Nullable SocketAddress remote) {
        localAddress = local;
        remoteAddress = remote;
        outputEnded = false; // a shutdown of the connection before may have come late
    }

    /** Nobody has closed it and it has no peer: {@code accept} is to give it one. Thread: any. */
    public final boolean claim(Accept accept) {
        if (!move(Connection.NONE, Connection.CLAIMED)) {
            return false;
        }
        acceptor = accept;
        return true;
    }

    /** The accept that has claimed it; null if none has. Thread: any. */
    public final @Nullable Accept acceptor() {
        return connection() == Connection.CLAIMED ? acceptor : null;
    }

    /** The accept ends without a connection. Thread: any. */
    public final void unclaim() {
        acceptor = null;
        move(Connection.CLAIMED, Connection.NONE);
    }

    /**
     * The accept that has claimed it puts a connection in. Its own shard takes the descriptor from {@code accepted} before it
     * does anything else with it. Thread: any.
     *
     * @return false if it is closing: the connection is still the accept's
     */
    public final boolean put(Endpoint accepted) {
        // Put first, then look; who closes moves first, then takes. So one of the two takes it out again.
        incoming = accepted;
        if (isClosing() && INCOMING.compareAndSet(this, accepted, (Endpoint) null)) {
            return false;
        }
        addresses(accepted.localAddress(), accepted.remoteAddress());
        acceptor = null;
        move(Connection.CLAIMED, Connection.CONNECTED);
        return true;
    }

    /** What an accept has put in; null for nothing. To be called by its own shard, or whoever closes it after that's end. */
    public final @Nullable Endpoint takeIncoming() {
        return incoming == null ? null : (Endpoint) INCOMING.getAndSet(this, (Endpoint) null);
    }

    /** The connection has gone and the descriptor is closed: it may be connected again, and nothing of the old one counts. */
    public final void recycled() {
        input.renew();
        output.renew();
        resetSeen = false;
        endSeen = false;
        receivePaused = false;
        unread = null;
        outputEnding = false;
        outputEnded = false;
        TlsState known = tls;
        if (known != null) {
            known.renew();
        }
        move(Connection.LEAVING, Connection.NONE);
    }

    // ---- TLS

    private TlsState ownTls() {
        TlsState known = tls;
        if (known != null) {
            return known;
        }
        // Whoever is second takes the first one's: what it says is changed by its own compare-and-set only.
        TlsState made = new TlsState();
        TlsState before = (TlsState) TLS.compareAndExchange(this, (TlsState) null, made);
        return before == null ? made : before;
    }

    /** A handshake is about to be started; false if there was one already. Thread: any. */
    public final boolean secure() {
        return ownTls().begin();
    }

    /** The handshake is in its place: what is started from now on comes behind it. Thread: any. */
    public final void secured() {
        ownTls().begun();
    }

    /** The handshake was not started. Thread: who was about to. */
    public final void insecure() {
        ownTls().notBegun();
    }

    /** Whether what is started now is behind a handshake. Thread: any. */
    public final boolean isSecure() {
        TlsState known = tls;
        return known != null && known.isSecure();
    }

    /** What the handshake has come to; null before, and without one. Thread: any. */
    public final @Nullable Security security() {
        TlsState known = tls;
        return known == null ? null : known.security;
    }

    public final void security(Security agreed) {
        ownTls().security = agreed;
    }

    /** What the TLS floor keeps for it; null while it is plain. Holder only. */
    public final @Nullable Object tls() {
        TlsState known = tls;
        return known == null ? null : known.floor;
    }

    public final void tls(@Nullable Object kept) {
        ownTls().floor = kept;
    }

    /** They have ended the output; their packets wait until the endpoint is no longer {@link #engineBusy}. Null for none. */
    public final @Nullable List<Operation> parting() {
        TlsState known = tls;
        return known == null ? null : known.parting;
    }

    public final void parting(@Nullable List<Operation> waiting) {
        ownTls().parting = waiting;
    }

    /** It has drained, and is recycled as soon as it is no longer {@link #engineBusy}. Null for none. */
    public final @Nullable Disconnect recycling() {
        TlsState known = tls;
        return known == null ? null : known.recycling;
    }

    public final void recycling(@Nullable Disconnect waiting) {
        ownTls().recycling = waiting;
    }

    public final Lifecycle lifecycle() {
        return lifecycle;
    }

    /** The one way the lifecycle changes; false if the endpoint was not in {@code from}. */
    public final boolean move(Lifecycle from, Lifecycle to) {
        return LIFECYCLE.compareAndSet(this, from, to);
    }

    /** The descriptor is closed, after the lifecycle has said so: whoever waits for that goes on. */
    public final synchronized void descriptorClosed() {
        descriptorClosed = true;
        notifyAll();
    }

    /** Waits until the descriptor is closed; false if the time is over first. Thread: any that may wait. */
    public final synchronized boolean awaitClosed(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (!descriptorClosed) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Puts an operation that begins here on the roll. */
    final void enrol(Operation operation) {
        synchronized (this) {
            if (rollSize == roll.length) {
                makeRoom();
            }
            roll[rollSize++] = operation;
            operation.enrolledAt(this); // under the lock: who drops leavers must not find it with its old home
        }
    }

    /**
     * Takes an operation off the roll that will hardly be started here again, so that nobody has to keep it. It has ended and was not
     * handed over yet: nobody can start it meanwhile.
     */
    public final void strikeOff(Operation operation) {
        synchronized (this) {
            for (int i = 0; i < rollSize; i++) {
                if (roll[i] == operation) {
                    Operation[] others = new Operation[roll.length];
                    System.arraycopy(roll, 0, others, 0, i);
                    rollSize--;
                    System.arraycopy(roll, i + 1, others, i, rollSize - i);
                    roll = others;
                    operation.struckOff(this);
                    return;
                }
            }
        }
    }

    /** The roll is full: there is to be room for one more. */
    private void makeRoom() {
        if (roll.length < SMALL_ROLL) {
            roll = Arrays.copyOf(roll, rollSize == 0 ? LEAST_ROLL : SMALL_ROLL);
        } else {
            dropLeavers();
        }
    }

    /** Those who stay keep the order in which they came: a run can be repeated. A small roll is sorted out without a set. */
    private void dropLeavers() {
        boolean large = roll.length > MOST_SORTED_IN_PLACE;
        Set<Operation> seen = large ? Collections.newSetFromMap(new IdentityHashMap<>()) : null;
        int staying = 0;
        for (int i = 0; i < rollSize; i++) {
            Operation operation = roll[i];
            if (operation.staysWith(this) && (seen == null ? !isAmong(operation, staying) : seen.add(operation))) {
                roll[staying++] = operation;
            }
        }
        Arrays.fill(roll, staying, rollSize, null);
        rollSize = staying;
        // Half of it empty, so that the next time is as many starts away as there are to look at.
        int length = Math.max(SMALL_ROLL, 2 * staying);
        if (large || length > roll.length) {
            roll = Arrays.copyOf(roll, length);
        }
    }

    private boolean isAmong(Operation operation, int first) {
        for (int i = 0; i < first; i++) {
            if (roll[i] == operation) {
                return true;
            }
        }
        return false;
    }

    /**
     * Every operation whose start here has returned and that has not ended, and perhaps some others. A snapshot. Thread: any.
     */
    public final Operation[] roll() {
        synchronized (this) {
            return Arrays.copyOf(roll, rollSize);
        }
    }

    /** Keeps a ready packet back while the endpoint is {@link #busy}. */
    public final void hold(Operation ready) {
        Operation last = heldLast;
        if (last == null) {
            ready.nextReady = ready;
        } else {
            ready.nextReady = last.nextReady;
            last.nextReady = ready;
        }
        heldLast = ready;
    }

    /** The packets kept back, in order, linked by {@code nextReady}; null for none. */
    @Nullable
    public final Operation takeHeld() {
        Operation last = heldLast;
        if (last == null) {
            return null;
        }
        Operation first = last.nextReady;
        last.nextReady = null;
        heldLast = null;
        return first;
    }

    public final boolean isOpen() {
        return lifecycle == Lifecycle.OPEN;
    }

    public final boolean isClosing() {
        Lifecycle now = lifecycle;
        return now == Lifecycle.CLOSING || now == Lifecycle.CLOSED;
    }
}
