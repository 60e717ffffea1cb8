package io.iocp.port;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The atomic word of a shard: who may touch it, which packet he runs, and what he does. Why it is right stands in {@link
 * Shard}.
 *
 * <p>Thread: {@link #wake} and {@link #state} any; the rest the holder, as said at each.
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

    /** Holder only. */
    private long packetNumber;

    /** The worker begins to hold the shard, or is back from its sleep. */
    void hold(Worker worker) {
        WORD.setVolatile(this, heldBy(worker) | LIBRARY);
    }

    /** The holder is about to enter the kernel's wait. */
    void sleep(Worker worker) {
        WORD.setVolatile(this, heldBy(worker) | SLEEPING);
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

    /** SLEEPING to WOKEN; true for the one caller who did it, and who now has to wake the loop. */
    boolean wake() {
        long seen = word;
        return (seen & STATE_MASK) == SLEEPING && WORD.compareAndSet(this, seen, (seen & ~STATE_MASK) | WOKEN);
    }

    State state() {
        return STATES[(int) (word & STATE_MASK)];
    }

    private static long heldBy(Worker worker) {
        return (long) worker.number() << HOLDER_SHIFT;
    }
}
