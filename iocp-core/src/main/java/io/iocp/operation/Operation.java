package io.iocp.operation;

import java.lang.foreign.MemorySegment;
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
public abstract sealed class Operation {
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

    /** The group that it can be cancelled with; 0 for the default one. */
    public long groupId;

    /** If it succeeds within its start there is to be no packet. */
    public boolean maySkipPacket;

    /** Its packet goes to a future of its own, outside of the port's queue and of the order of its endpoint's packets. */
    public boolean toFuture;

    /** How long it may take, from its start; 0 = for ever. */
    public long timeoutNanos;

    /** {@link System#nanoTime()} at which its time is over; only if it has a timeout. */
    public long deadlineNanos;

    /** Its time was over before anything else ended it: the cancel that follows shows up as that. */
    public boolean timedOut;

    /** The timer that the shard keeps for it once it had a timeout; used again at its next start. */
    @Nullable
    public Object timer;

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
    public int nativeError;

    /** Library memory that the received bytes are in; null when they are in the caller's. */
    @Nullable
    public LeasedBuffer lease;

    /** More packets of the same started operation follow. */
    public boolean more;

    private Operation(Object packet) {
        this.packet = packet;
    }

    public abstract OperationKind kind();

    /** True if it uses the endpoint's output, false for its input. */
    public boolean isOutput() {
        return false;
    }

    /** Its stream if it has many packets, null if it has one. */
    @Nullable
    public Stream stream() {
        return null;
    }

    /** The engine is done with the memory, and the results are set: what the library lent the operation goes back. */
    public void settle() {}

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
        nativeError = 0;
        more = false;
        lease = null;
        timedOut = false;
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
        return stateOf(seen) == STARTED && STATE.compareAndSet(this, seen, with(seen, SUBMITTED));
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
            boolean meant = target.equals(endpoint) && (group == null || groupId == group);
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
        boolean meant = pending && target.equals(endpoint) && groupId == group;
        VarHandle.loadLoadFence(); // the second look at the state must not come before what it vouches for
        return meant && isSameStart(seen, state);
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

    /** Its packet waits: it ended before its turn came, or while it was with the engine. */
    public final boolean isCompleted() {
        return stateOf(state) == COMPLETED;
    }

    /** True from {@link #begin} until {@link #deliver}. */
    public final boolean isPending() {
        return stateOf(state) != IDLE;
    }

    /**
     * Accepts one connection, or, {@link #continuous}, one after the other until it is cancelled or the listener is closed.
     */
    public static final class Accept extends Operation {
        public boolean continuous;

        /** Descriptors ran out: the timer with which the shard submits it again a little later. Else null. */
        @Nullable
        public Object retry;

        /** The connection of the packet being delivered. */
        @Nullable
        public Endpoint accepted;

        /** Only for a continuous accept. */
        public final Stream stream = new Stream();

        @Nullable
        private Endpoint stashHead;

        @Nullable
        private Endpoint stashTail;

        public Accept(Object packet) {
            super(packet);
        }

        @Override
        public OperationKind kind() {
            return OperationKind.ACCEPT;
        }

        @Override
        @Nullable
        public Stream stream() {
            return continuous ? stream : null;
        }

        /** Keeps an accepted connection until its packet is delivered. */
        public void stash(Endpoint connection) {
            if (stashTail == null) {
                stashHead = connection;
            } else {
                stashTail.nextAccepted = connection;
            }
            stashTail = connection;
        }

        @Nullable
        public Endpoint unstash() {
            Endpoint first = stashHead;
            if (first != null) {
                stashHead = first.nextAccepted;
                first.nextAccepted = null;
                if (stashHead == null) {
                    stashTail = null;
                }
            }
            return first;
        }
    }

    /** Receives once: into the caller's memory, or into a buffer of the engine's, so that an idle connection holds none. */
    public static final class Receive extends Operation {
        /** Native memory that the engine fills, null for a buffer of the engine's. Alive until the packet is delivered. */
        @Nullable
        public MemorySegment memory;

        /** Library memory behind {@link #memory} while {@link #copyTo} is set. */
        public @Nullable LeasedBuffer bounce;

        /** The caller's own memory if it must not enter the kernel: filled from {@link #memory} before delivery. */
        @Nullable
        public MemorySegment copyTo;

        public Receive(Object packet) {
            super(packet);
        }

        /** Into the caller's memory, which the kernel may be given. */
        public void into(MemorySegment callers) {
            memory = callers;
            copyTo = null;
            bounce = null;
        }

        /** Into library memory first, then into the caller's, which the kernel must not be given. */
        public void into(MemorySegment callers, LeasedBuffer through) {
            bounce = through;
            memory = through.filled();
            copyTo = callers;
        }

        /** Into a buffer of the engine's. */
        public void intoEngineBuffer() {
            memory = null;
            copyTo = null;
            bounce = null;
        }

        @Override
        public void settle() {
            LeasedBuffer through = bounce;
            MemorySegment from = memory;
            if (through == null || from == null || copyTo == null) {
                return;
            }
            bounce = null;
            try {
                MemorySegment.copy(from, 0, copyTo, 0, bytes);
            } catch (IllegalStateException | WrongThreadException e) {
                // The caller freed its memory while the operation was in flight.
                status = Status.FAULT;
                bytes = 0;
            } finally {
                through.release();
            }
        }

        @Override
        public OperationKind kind() {
            return OperationKind.RECEIVE;
        }
    }

    /** Receives again and again into the engine's buffers, each delivered as a packet of its own, in order. */
    public static final class ReceiveContinuously extends Operation {
        public final Stream stream = new Stream();

        @Nullable
        private LeasedBuffer stashHead;

        @Nullable
        private LeasedBuffer stashTail;

        /** Buffers received and not yet delivered. */
        public int unread;

        public ReceiveContinuously(Object packet) {
            super(packet);
        }

        @Override
        public OperationKind kind() {
            return OperationKind.RECEIVE;
        }

        @Override
        public Stream stream() {
            return stream;
        }

        /** Keeps received bytes until their packet is delivered. */
        public void stash(LeasedBuffer buffer) {
            buffer.next = null;
            if (stashTail == null) {
                stashHead = buffer;
            } else {
                stashTail.next = buffer;
            }
            stashTail = buffer;
            unread++;
        }

        @Nullable
        public LeasedBuffer unstash() {
            LeasedBuffer first = stashHead;
            if (first != null) {
                stashHead = first.next;
                first.next = null;
                if (stashHead == null) {
                    stashTail = null;
                }
                unread--;
            }
            return first;
        }
    }

    /** Sends all of its memory or fails. */
    public static final class Send extends Operation {
        /** Native memory to send, one piece or several, in order. Alive until the packet is delivered. */
        public MemorySegment[] memory = NOTHING;

        /** How many of {@link #memory} belong to this send; the array may be longer. */
        public int pieces;

        private static final MemorySegment[] NOTHING = {};

        /** The library buffer that is being sent, with a lease of the operation's own; null for other memory. */
        private @Nullable LeasedBuffer source;

        public Send(Object packet) {
            super(packet);
        }

        @Override
        public OperationKind kind() {
            return OperationKind.SEND;
        }

        @Override
        public boolean isOutput() {
            return true;
        }

        /** One piece that is not of the library. */
        public void one(MemorySegment data) {
            if (memory.length == 0) {
                memory = new MemorySegment[1];
            }
            memory[0] = data;
            pieces = 1;
            source = null;
        }

        /** The filled part of a library buffer, whose lease is {@linkplain LeasedBuffer#pin() pinned} and now the operation's. */
        public void one(LeasedBuffer data) {
            one(data.filled());
            source = data;
        }

        /** Several pieces that are not of the library. */
        public void several(MemorySegment[] data) {
            memory = data;
            pieces = data.length;
            source = null;
        }

        /** The start failed: the caller has its lease again. */
        public void forget() {
            source = null;
        }

        @Override
        public void settle() {
            LeasedBuffer sent = source;
            if (sent != null) {
                source = null;
                sent.unpin();
            }
        }

        /** Bytes of all pieces. */
        public long length() {
            long sum = 0;
            for (int i = 0; i < pieces; i++) {
                sum += memory[i].byteSize();
            }
            return sum;
        }
    }

    /** An application packet; no engine ever sees it. */
    public static final class Post extends Operation {
        public Post(Object packet) {
            super(packet);
        }

        @Override
        public OperationKind kind() {
            return OperationKind.POST;
        }
    }

    /**
     * Where an operation with many packets is. It is <i>armed</i> while the engine has a request for it, and may be disarmed
     * (credit used up) and armed again many times before it ends.
     */
    public static final class Stream {
        /** The engine has a request for it. */
        public boolean armed;

        /** The engine was asked to disarm it and has not answered. */
        public boolean disarming;

        /** It waits in the ready queue, once however much is stashed. */
        public boolean queued;

        /** How it will end once what is stashed has been delivered; null while it goes on. */
        @Nullable
        public Status ending;

        /** The errno that belongs to {@link #ending}. */
        public int endingError;

        public void reset() {
            armed = false;
            disarming = false;
            queued = false;
            ending = null;
            endingError = 0;
        }
    }
}
