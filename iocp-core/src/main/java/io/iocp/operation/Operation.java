package io.iocp.operation;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One operation as the shard and the engine see it: what to do, where it is, how it ended. Its public face is the packet, an
 * {@code OverlappedIO}, which keeps the object and reuses it for its next operation of the same kind, so that starting
 * allocates nothing.
 *
 * <p>Thread: the inputs are written by the caller between {@link #begin} and {@link #started}; from then on all fields but
 * the state belong to the holder of the shard, until the packet is delivered.
 *
 * <p>To add an operation: one subclass here; the compiler then names the engines that must perform it.
 */
public abstract sealed class Operation
        permits Stream,
                Connect,
                Disconnect,
                Receive,
                Send,
                SendFile,
                Handshake,
                Transmit,
                FileOperation,
                DatagramOperation,
                Post {
    /** Where an operation is. Changes only through {@link #begin}, {@link #submitted}, {@link #requestCancel} and so on. */
    public enum State {
        /** Never started, or delivered and free to be started again. */
        IDLE,
        /** A start method has marked it and writes its inputs; the start may still fail. Nobody else may touch it. */
        BEGUN,
        /** Admitted; waits in an inbox or in its direction's FIFO. */
        STARTED,
        /** The engine has it. */
        SUBMITTED,
        /** Somebody asked to cancel it; its completion decides how it ends. */
        CANCELLING,
        /** Ended; its packet waits. */
        COMPLETED
    }

    /*
     * The state is the low bits of a word whose other bits count the starts. Whoever wants to cancel one certain start
     * (and finds the operation in a list, where it may be in flight again by the time that he acts) reads the word, then
     * what the start was told (endpoint, group), and CASes the word that he has read: if that succeeds, what he read
     * belongs together. For that the inputs are written while the operation is BEGUN and released by started().
     */
    private static final int STATE_MASK = 7;
    private static final int ONE_START = STATE_MASK + 1;

    private static final VarHandle STATE;
    private static final VarHandle HOME;
    private static final int IDLE = State.IDLE.ordinal();
    private static final int BEGUN = State.BEGUN.ordinal();
    private static final int STARTED = State.STARTED.ordinal();
    private static final int SUBMITTED = State.SUBMITTED.ordinal();
    private static final int CANCELLING = State.CANCELLING.ordinal();
    private static final int COMPLETED = State.COMPLETED.ordinal();
    private static final State[] STATES = State.values();

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(Operation.class, "state", int.class);
            HOME = lookup.findVarHandle(Operation.class, "home", Endpoint.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Object packet;

    private volatile int state;

    /** What it acts on; null for a post. */
    @Nullable
    public Endpoint endpoint;

    /** The endpoint whose roll it is on for sure: where it was started last, unless that has struck it off since. */
    @Nullable
    private volatile Endpoint home;

    /** Links of the list that it waits in before the engine has it. */
    @Nullable
    public Operation next;

    @Nullable
    Operation previous;

    /**
     * Null until it has one of them. Made by the caller while it is BEGUN, or by the holder later; who looks for the group
     * meanwhile without being either finds none or one that says 0, and the group is 0 in both cases.
     */
    @Nullable
    private OperationExtras extras;

    /** The operation of another kind that its packet keeps for a start of that kind; the packet's own. */
    @Nullable
    public Operation sibling;

    /** If it succeeds within its start there is to be no packet. */
    public boolean maySkipPacket;

    /** Its packet goes to a future of its own, outside of the port's queue and of the order of its endpoint's packets. */
    public boolean toFuture;

    /** Link of the ready queue. */
    @Nullable
    public Operation nextReady;

    /** Place among the operations of its handle and direction, from 0. */
    public long sequence;

    /** The engine's own mark for the request that it made of this operation; 0 = the engine does not have it. */
    public long engineTag;

    /** {@link System#nanoTime()} when its packet became ready; kept only when somebody listens. */
    public long readyNanos;

    // Results: written by the holder, read after delivery.
    public Status status = Status.OK;
    public long bytes;

    /** It was started on a connection that is, or will be when its turn comes, secure. */
    public boolean secure;

    /** Library memory that the received bytes are in; null when they are in the caller's. */
    @Nullable
    public LeasedBuffer lease;

    /** More packets of the same started operation follow. */
    public boolean more;

    Operation(Object packet) {
        this.packet = packet;
    }

    public abstract OperationKind kind();

    /** True if it uses the endpoint's output, false for its input. */
    public boolean isOutput() {
        return false;
    }

    /** This operation if it has many packets, null if it has one. */
    @Nullable
    public Stream stream() {
        return null;
    }

    /** The engine is done with the memory, and the results are set: what the library lent the operation goes back. */
    public void settle() {}

    /** The start was refused: what the caller lent the operation is the caller's again, and what the library lent goes back. */
    public void forget() {}

    /** Null until it has one of them. */
    final @Nullable OperationExtras knownExtras() {
        return extras;
    }

    final OperationExtras extras() {
        OperationExtras own = extras;
        if (own == null) {
            own = new OperationExtras();
            extras = own;
        }
        return own;
    }

    /** The group that it can be cancelled with; 0 for the default one. */
    public final long groupId() {
        OperationExtras known = extras;
        return known == null ? 0 : known.groupId;
    }

    /** An input, as {@link #timeout} and {@link #queryAvailable(boolean)}. */
    public final void groupId(long group) {
        if (group != groupId()) {
            extras().groupId = group;
        }
    }

    /** How long it may take, from its start; 0 = for ever. */
    public final long timeoutNanos() {
        OperationExtras known = extras;
        return known == null ? 0 : known.timeoutNanos;
    }

    /** {@link System#nanoTime()} at which its time is over; only if it has a timeout. */
    public final long deadlineNanos() {
        return extras().deadlineNanos;
    }

    /**
     * Limits its time.
     *
     * @param nanos 0 = for ever
     * @param deadline as {@link #deadlineNanos}
     */
    public final void timeout(long nanos, long deadline) {
        if (nanos != 0 || timeoutNanos() != 0) {
            OperationExtras own = extras();
            own.timeoutNanos = nanos;
            own.deadlineNanos = deadline;
        }
    }

    /** Its time was over before anything else ended it: the cancel that follows shows up as that. */
    public final boolean timedOut() {
        OperationExtras known = extras;
        return known != null && known.timedOut;
    }

    public final void setTimedOut() {
        extras().timedOut = true;
    }

    /** The timer that the shard keeps for it once it had a timeout; used again at its next start. */
    public final @Nullable Object timer() {
        OperationExtras known = extras;
        return known == null ? null : known.timer;
    }

    public final void timer(Object made) {
        extras().timer = made;
    }

    /** The operation that this one is a part of, and which has the packet; null for one that stands for itself. */
    public final @Nullable Operation partOf() {
        OperationExtras known = extras;
        return known == null ? null : known.partOf;
    }

    public final void partOf(Operation whole) {
        extras().partOf = whole;
    }

    /** The platform's number of what it failed with; 0 for none. */
    public final int nativeError() {
        OperationExtras known = extras;
        return known == null ? 0 : known.nativeError;
    }

    public final void nativeError(int number) {
        if (number != nativeError()) {
            extras().nativeError = number;
        }
    }

    /** Why it failed, where the status alone does not say. */
    public final @Nullable Exception cause() {
        OperationExtras known = extras;
        return known == null ? null : known.cause;
    }

    public final void cause(@Nullable Exception reason) {
        if (reason != null || cause() != null) {
            extras().cause = reason;
        }
    }

    /** The part of it that the engine has; null if that is this operation itself, or nothing. */
    public final @Nullable Operation part() {
        OperationExtras known = extras;
        return known == null ? null : known.part;
    }

    public final void part(@Nullable Operation now) {
        if (now != part()) {
            extras().part = now;
        }
    }

    /** Bytes on the wire, of an operation of a secure connection. */
    public final long wireBytes() {
        OperationExtras known = extras;
        return known == null ? 0 : known.wireBytes;
    }

    public final void addWireBytes(long count) {
        if (count != 0) {
            extras().wireBytes += count;
        }
    }

    /** A receive: whoever gets its packet wants to know how many bytes more are there. */
    public final boolean queryAvailable() {
        OperationExtras known = extras;
        return known != null && known.queryAvailable;
    }

    public final void queryAvailable(boolean query) {
        if (query != queryAvailable()) {
            extras().queryAvailable = query;
        }
    }

    /** Bytes that could be received at once when it ended; -1 if nobody asked, or nobody knows. */
    public final int available() {
        OperationExtras known = extras;
        return known == null ? -1 : known.available;
    }

    public final void available(int count) {
        extras().available = count;
    }

    /** The {@code OverlappedIO} in front of this operation. */
    public final Object packet() {
        return packet;
    }

    public final State state() {
        return STATES[stateOf(state)];
    }

    private static int stateOf(int word) {
        return word & STATE_MASK;
    }

    private static int with(int word, int newState) {
        return (word & ~STATE_MASK) | newState;
    }

    /**
     * IDLE to BEGUN, and the results of the last run are cleared.
     *
     * @throws IllegalStateException if it is in flight or its packet waits
     */
    public final void begin(@Nullable Endpoint target) {
        int seen = state;
        if (stateOf(seen) != IDLE || !STATE.compareAndSet(this, seen, with(seen + ONE_START, BEGUN))) {
            throw new IllegalStateException(
                    "this OverlappedIO is in use (" + state() + "): wait for its packet or use another one");
        }
        endpoint = target;
        status = Status.OK;
        bytes = 0;
        secure = target != null && target.isSecure();
        more = false;
        lease = null;
        OperationExtras known = extras;
        if (known != null) {
            known.begin();
        }
    }

    /**
     * It is about to be performed as a part of {@code of}: it has no packet, no state and no timer of its own, and its
     * completion is the shard's business. Holder only.
     */
    public final void beginPart(Operation of, Endpoint target) {
        partOf(of);
        of.part(this);
        endpoint = target;
        status = Status.OK;
        bytes = 0;
        more = false;
        lease = null;
        OperationExtras known = extras;
        if (known != null) {
            known.beginPart();
        }
    }

    /**
     * It is about to be performed for the engine's floors: it has no packet, no state and no timer, and its completion is that
     * floor's business. Holder only.
     */
    public final void beginBelow(Endpoint target) {
        endpoint = target;
        status = Status.OK;
        bytes = 0;
        nativeError(0);
        more = false;
        lease = null;
    }

    /** BEGUN back to IDLE: the start failed, there will be no packet. */
    public final void abandon() {
        STATE.setVolatile(this, with(state, IDLE));
    }

    /** BEGUN to STARTED: there will be a packet, and from now on everybody may cancel it. */
    public final void started() {
        Endpoint target = endpoint;
        if (target != null && !target.equals(home) && !(this instanceof Post)) {
            target.enrol(this);
        }
        STATE.setRelease(this, with(state, STARTED));
    }

    /** It is on the roll of {@code endpoint}, whose lock the caller has. */
    final void enrolledAt(Endpoint endpoint) {
        home = endpoint;
    }

    /** It is on the roll of {@code endpoint} no more, whose lock the caller has. */
    final void struckOff(Endpoint endpoint) {
        HOME.compareAndSet(this, endpoint, null);
    }

    /**
     * Whether it has to stay on the roll of {@code endpoint}, because it is in flight there or may be at any moment. If not
     * it will be put there anew by its next start.
     */
    final boolean staysWith(Endpoint endpoint) {
        Endpoint at = home;
        if (at != null && !at.equals(endpoint)) {
            return false; // it has moved on
        }
        if (isPending()) {
            return true;
        }
        // A start CASes the state, then reads the home; here the home is CASed, then the state read: one sees the
        // other.
        HOME.compareAndSet(this, endpoint, null);
        return isPending();
    }

    /** STARTED to SUBMITTED; false if somebody asked to cancel it meanwhile. Holder only. */
    public final boolean submitted() {
        int seen = state;
        return stateOf(seen) == SUBMITTED // once more: what it was submitted for was of no use
                || (stateOf(seen) == STARTED && STATE.compareAndSet(this, seen, with(seen, SUBMITTED)));
    }

    /** STARTED or SUBMITTED to CANCELLING; true for the one caller who did it. Any thread. */
    public final boolean requestCancel() {
        for (int seen = state; isCancellable(seen); seen = state) {
            if (STATE.compareAndSet(this, seen, with(seen, CANCELLING))) {
                return true;
            }
        }
        return false;
    }

    /** As {@link #requestCancel()}, but only a start on {@code target}, and of this group if there is one. Any thread. */
    public final boolean requestCancel(Endpoint target, @Nullable Long group) {
        int first = state;
        for (int seen = first; isCancellable(seen) && isSameStart(first, seen); seen = state) {
            boolean meant = target.equals(endpoint) && (group == null || groupId() == group);
            if (!meant) {
                return false;
            }
            if (STATE.compareAndSet(this, seen, with(seen, CANCELLING))) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is started on {@code target} in this group, and has not ended yet. Any thread. */
    public final boolean isPendingIn(Endpoint target, long group) {
        int seen = state;
        boolean pending = isCancellable(seen) || stateOf(seen) == CANCELLING;
        boolean meant = pending && target.equals(endpoint) && groupId() == group;
        VarHandle.loadLoadFence(); // the second look at the state must not come before what it vouches for
        return meant && isSameStart(seen, state);
    }

    /** As {@link #requestCancel()}, but only an accept that has claimed {@code target}. Any thread. */
    public final boolean requestCancelOfClaim(Endpoint target) {
        int first = state;
        for (int seen = first; isCancellable(seen) && isSameStart(first, seen); seen = state) {
            if (!(this instanceof Accept accept) || !target.equals(accept.target)) {
                return false;
            }
            if (STATE.compareAndSet(this, seen, with(seen, CANCELLING))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isCancellable(int word) {
        int now = stateOf(word);
        return now == SUBMITTED || now == STARTED;
    }

    private static boolean isSameStart(int one, int other) {
        return (one & ~STATE_MASK) == (other & ~STATE_MASK);
    }

    public final boolean isCancelling() {
        return stateOf(state) == CANCELLING;
    }

    /** Any state in flight to COMPLETED: from now on a cancel finds nothing to cancel. Holder only. */
    public final void complete() {
        int seen = state;
        assert stateOf(seen) != IDLE && stateOf(seen) != COMPLETED : "completed twice or never started: " + state();
        STATE.setVolatile(this, with(seen, COMPLETED));
    }

    /** COMPLETED to IDLE: the packet is handed over, the object is its owner's again. */
    public final void deliver() {
        int seen = state;
        assert stateOf(seen) == COMPLETED : "delivered before it completed: " + state();
        STATE.setVolatile(this, with(seen, IDLE));
    }

    /**
     * As {@link #complete} and {@link #deliver}, of an operation that nobody can cancel and that is on nobody's roll: its state is
     * of no interest to others than those who hand it on to each other, which orders it.
     */
    final void move(State next) {
        STATE.setRelease(this, with(state, next.ordinal()));
    }

    /** Its packet waits: it ended before its turn came, or while it was with the engine. */
    public final boolean isCompleted() {
        return stateOf(state) == COMPLETED;
    }

    /** True from {@link #begin} until {@link #deliver}. */
    public final boolean isPending() {
        return stateOf(state) != IDLE;
    }
}
