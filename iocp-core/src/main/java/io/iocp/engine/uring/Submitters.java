package io.iocp.engine.uring;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * How many requests the kernel has from each worker. It finishes a request in the context of the thread that submitted it, and
 * cancels those of a thread that ends.
 *
 * <p>Thread: written by the shard's holder; {@link #held} any. A worker that asks for itself while it holds no shard never
 * gets too small a number: only the holder that it was has counted up for it, all others count down.
 */
final class Submitters {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(int[].class);

    private volatile int[] counts = new int[16];

    /** The worker that submits now; -1 before the first. */
    private int holder = -1;

    private int total;

    int holder() {
        return holder;
    }

    void hold(int worker) {
        if (worker >= counts.length) {
            counts = Arrays.copyOf(counts, Integer.highestOneBit(worker) * 2);
        }
        holder = worker;
    }

    /** The holder has submitted a request; returns who that is. */
    int submitted() {
        add(holder, 1);
        return holder;
    }

    /** The kernel is done with a request. */
    void done(int submitter) {
        add(submitter, -1);
    }

    private void add(int worker, int by) {
        if (worker >= 0) {
            int[] cells = counts;
            CELL.setOpaque(cells, worker, cells[worker] + by);
            total += by;
        }
    }

    /** Whether the kernel has requests of earlier holders. */
    boolean hasForeign() {
        return holder >= 0 && total > counts[holder];
    }

    int held(int worker) {
        int[] cells = counts;
        return worker < cells.length ? (int) CELL.getOpaque(cells, worker) : 0;
    }
}
