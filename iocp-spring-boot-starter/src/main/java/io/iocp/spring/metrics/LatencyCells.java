package io.iocp.spring.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one thread has counted of one latency: plain additions to memory of its own.
 *
 * <p>Thread: {@link #record} one; the others any, which see each number whole and a little old.
 */
final class LatencyCells {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

    /** In front of the cells: a line that no other thread's numbers share, and two numbers beside the counts. */
    private static final int PADDING = 8;

    private static final int TOTAL = PADDING;
    private static final int MAX = PADDING + 1;
    private static final int COUNTS = PADDING + 2;

    private final LatencyScale scale;
    private final long[] numbers;

    LatencyCells(LatencyScale scale) {
        this.scale = scale;
        this.numbers = new long[COUNTS + scale.cells() + PADDING];
    }

    void record(long nanos) {
        int cell = COUNTS + scale.cellOf(nanos);
        CELL.setOpaque(numbers, cell, numbers[cell] + 1);
        CELL.setOpaque(numbers, TOTAL, numbers[TOTAL] + nanos);
        if (nanos > (long) CELL.getOpaque(numbers, MAX)) {
            CELL.setOpaque(numbers, MAX, nanos);
        }
    }

    /** For threads that take turns. */
    synchronized void recordShared(long nanos) {
        record(nanos);
    }

    long total() {
        return (long) CELL.getOpaque(numbers, TOTAL);
    }

    /** Adds the counts of each cell. */
    void addTo(long[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += (long) CELL.getOpaque(numbers, COUNTS + i);
        }
    }

    /**
     * The greatest since the last call. The writer stores only what is greater than what it has seen, so a maximum that it stores
     * meanwhile is either in this answer or in the next.
     */
    long takeMax() {
        return (long) CELL.getAndSet(numbers, MAX, 0L);
    }
}
