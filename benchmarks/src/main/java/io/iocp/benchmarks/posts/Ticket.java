package io.iocp.benchmarks.posts;

import io.iocp.OverlappedIO;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * What is posted, and posted again when it has come back: the same object and the same work for every {@link Postbox}.
 *
 * <p>Thread: its producer while it is back, the worker that runs it while it is out.
 */
final class Ticket implements Runnable {
    private static final int BACK = 0;
    private static final int OUT = 1;
    private static final int AWAITED = 2;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Ticket.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** How it is posted to a port. */
    final OverlappedIO packet = new OverlappedIO(this);

    private final Thread producer;

    @SuppressWarnings("unused") // through STATE
    private volatile int state;

    private long postedNanos;
    private long posted;
    private long runs;

    Ticket(Thread producer) {
        this.producer = producer;
    }

    boolean isBack() {
        return state == BACK;
    }

    /**
     * It is about to be posted.
     *
     * @param nanos the time, if somebody wants to know how long it takes; else 0
     */
    void leave(long nanos) {
        posted++;
        postedNanos = nanos;
        STATE.setOpaque(this, OUT); // whatever it is posted through releases it
    }

    /** Its producer waits until it is back. */
    void await() {
        if (STATE.compareAndSet(this, OUT, AWAITED)) {
            while (state != BACK) {
                LockSupport.park(this);
            }
        }
    }

    /** The work: counts it, and the time that it took to come here if it is timed. */
    @Override
    public void run() {
        Tally.mine().add(postedNanos);
        runs++;
        if ((int) STATE.getAndSet(this, BACK) == AWAITED) {
            LockSupport.unpark(producer);
        }
    }

    long posted() {
        return posted;
    }

    /** How often it was run; to be read by its producer while it is back. */
    long runs() {
        return runs;
    }
}
