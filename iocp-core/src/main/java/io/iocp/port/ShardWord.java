package io.iocp.port;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The atomic word of a shard: who may touch it, which packet he runs, and what he does. Why it is right stands in {@link
 * Shard}.
 *
 * <p>Thread: {@link #wake}, {@link #sample}, {@link #take} and {@link #state} any; the rest the holder, as said at each.
 */
final class ShardWord {
    /** What the holder does, or that there is none. */
    enum State {
        /** Works for the port: nobody else may touch the shard. */
        LIBRARY,
        /** Runs user code. */
        HANDLER,
        /** Is in the kernel's wait, or about to enter it. */
        SLEEPING,
        /** Was woken and has not come back yet. */
        WOKEN,
        /** Nobody holds it. */
        UNHELD
    }

    private static final State[] STATES = State.values();
    private static final long LIBRARY = State.LIBRARY.ordinal();
    private static final long HANDLER = State.HANDLER.ordinal();
    private static final long SLEEPING = State.SLEEPING.ordinal();
    private static final long WOKEN = State.WOKEN.ordinal();
    private static final long UNHELD = State.UNHELD.ordinal();
    private static final long STATE_MASK = 7;
    private static final int HOLDER_SHIFT = 3;
    private static final int PACKET_SHIFT = 19;
    /** In place of a worker's number: the holder is none. */
    private static final long NOBODY = 0xffff;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(ShardWord.class, "word", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through WORD
    private volatile long word = UNHELD;

    /** Holder only; goes on from holder to holder, so that no word of a handler ever comes twice. */
    private long packetNumber;

    /** The worker begins to hold the shard, or is back from its sleep. */
    void hold(Worker worker) {
        WORD.setVolatile(this, heldBy(worker) | LIBRARY);
    }

    /** The holder is about to enter the kernel's wait. */
    void sleep(Worker worker) {
        WORD.setVolatile(this, heldBy(worker) | SLEEPING);
    }

    /** Takes a shard that nobody holds; true for the one caller who did. */
    boolean takeUnheld() {
        return WORD.compareAndSet(this, UNHELD, LIBRARY | NOBODY << HOLDER_SHIFT);
    }

    /** The holder leaves for good. */
    void letGo() {
        WORD.setVolatile(this, UNHELD);
    }

    /**
     * The holder is about to run user code. Its writes are released to whoever takes the shard.
     *
     * @return the word as it now is, with a packet number of its own: what the holder has to show to come back
     */
    long enterHandler(Worker worker) {
        long mine = (++packetNumber << PACKET_SHIFT) | heldBy(worker) | HANDLER;
        WORD.setRelease(this, mine);
        return mine;
    }

    /** From user code back into the library; false if the shard was taken meanwhile. */
    boolean leaveHandler(long handlerWord) {
        return WORD.compareAndSet(this, handlerWord, handlerWord & ~STATE_MASK);
    }

    /** Back to the user code that {@link #leaveHandler} interrupted. */
    void resumeHandler(long handlerWord) {
        WORD.setRelease(this, handlerWord);
    }

    /** The word at this moment, for the static questions below and for {@link #take}. */
    long sample() {
        return word;
    }

    /** Whether the holder runs user code. */
    static boolean isInHandler(long sampled) {
        return (sampled & STATE_MASK) == HANDLER;
    }

    /** Whether the holder is in the kernel's wait or on its way out of it. */
    static boolean isAsleep(long sampled) {
        long state = sampled & STATE_MASK;
        return state == SLEEPING || state == WOKEN || state == UNHELD;
    }

    /** Whether a worker holds the shard. */
    static boolean isHeld(long sampled) {
        return (sampled & STATE_MASK) != UNHELD && holder(sampled) != NOBODY;
    }

    /** The holder and its packet, whatever it does with it: two samples with the same are of the same run of a handler. */
    static long packet(long sampled) {
        return sampled & ~STATE_MASK;
    }

    /** Number of the worker that holds the shard. */
    static int holder(long sampled) {
        return (int) (sampled >>> HOLDER_SHIFT) & 0xffff;
    }

    /**
     * Takes the shard from a holder that runs the very packet that was sampled, for {@code next}. Acquires what the old holder
     * released when it entered the handler.
     *
     * @return false if the holder has come back into the library meanwhile, or somebody else has taken it
     */
    boolean take(long handlerWord, Worker next) {
        assert isInHandler(handlerWord) : "only a handler's shard can be taken";
        return WORD.compareAndSet(this, handlerWord, heldBy(next) | LIBRARY);
    }

    /** SLEEPING to WOKEN; true for the one caller who did it, and who now has to wake the loop. */
    boolean wake() {
        long seen = word;
        return (seen & STATE_MASK) == SLEEPING && WORD.compareAndSet(this, seen, (seen & ~STATE_MASK) | WOKEN);
    }

    boolean isHeldInLibraryBy(Worker worker) {
        long seen = word;
        return (seen & STATE_MASK) == LIBRARY && holder(seen) == worker.number();
    }

    State state() {
        return STATES[(int) (word & STATE_MASK)];
    }

    private static long heldBy(Worker worker) {
        return (long) worker.number() << HOLDER_SHIFT;
    }
}
