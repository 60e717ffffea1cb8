package io.iocp.benchmarks.parts;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * How often a handler has still to start what it was told of. A benchmark starts the first time, then waits: so a part is measured on
 * one worker, without a change of threads between two of them.
 *
 * <p>Thread: {@link #run} the benchmark's; {@link #goOn} one worker at a time.
 */
final class Laps {
    /** Few enough for an iteration of some milliseconds, many enough for the change of threads not to show. */
    static final int EACH = 2000;

    /** Whoever has not gone on by then has failed. */
    private static final long LONGEST_NANOS = 20_000_000_000L;

    private int left;

    @Nullable
    private Thread waiting;

    private volatile boolean done;

    /** Starts the first of {@link #EACH} laps. */
    @FunctionalInterface
    interface Start {
        void run() throws Exception;
    }

    void run(Start first) throws Exception {
        left = EACH;
        done = false;
        waiting = Thread.currentThread();
        first.run();
        long deadline = System.nanoTime() + LONGEST_NANOS;
        while (!done) {
            LockSupport.parkNanos(this, LONGEST_NANOS);
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("after a long time there are " + left + " laps left of " + EACH);
            }
        }
    }

    /** A lap has ended: true if there is another one to start. */
    boolean goOn() {
        left--;
        if (left > 0) {
            return true;
        }
        Thread waiter = waiting;
        done = true;
        LockSupport.unpark(waiter);
        return false;
    }
}
