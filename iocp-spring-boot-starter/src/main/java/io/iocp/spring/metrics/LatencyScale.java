package io.iocp.spring.metrics;

import java.util.Arrays;
import java.util.TreeSet;

/**
 * The cells that latencies are counted in: eight for each doubling, and the buckets that are asked for as further bounds, so that
 * the counts of those are exact. A cell is found by a look-up and a comparison or two.
 *
 * <p>Thread: any; nothing changes.
 */
final class LatencyScale {
    /** Latencies below 128 ns are one cell. */
    private static final int LOWEST_EXPONENT = 7;

    /** From 2^37 ns on, 137 seconds, they are one cell too. */
    private static final int HIGHEST_EXPONENT = 37;

    private static final int STEP_BITS = 3;
    private static final int STEPS = 1 << STEP_BITS;
    private static final int GRID = (HIGHEST_EXPONENT - LOWEST_EXPONENT) * STEPS + 2;

    /** The greatest latency of each cell, ascending. */
    private final long[] upper;

    /** The first cell of each step of the grid. */
    private final int[] firstCell = new int[GRID];

    /** @param bounds in nanoseconds: a latency of just as much is below the bound */
    LatencyScale(long... bounds) {
        TreeSet<Long> uppers = new TreeSet<>();
        for (int step = 0; step < GRID; step++) {
            uppers.add(upperOfStep(step));
        }
        for (long bound : bounds) {
            uppers.add(bound);
        }
        upper = uppers.stream().mapToLong(Long::longValue).toArray();
        for (int step = 0; step < GRID; step++) {
            long lowest = step == 0 ? 0 : upperOfStep(step - 1) + 1;
            int found = Arrays.binarySearch(upper, lowest);
            firstCell[step] = found >= 0 ? found : -found - 1;
        }
    }

    private static long upperOfStep(int step) {
        if (step == 0) {
            return (1L << LOWEST_EXPONENT) - 1;
        }
        if (step == GRID - 1) {
            return Long.MAX_VALUE;
        }
        int exponent = LOWEST_EXPONENT + (step - 1) / STEPS;
        long width = 1L << (exponent - STEP_BITS);
        return (1L << exponent) + width * ((step - 1) % STEPS + 1) - 1;
    }

    private static int stepOf(long nanos) {
        int exponent = 63 - Long.numberOfLeadingZeros(nanos | 1);
        if (exponent < LOWEST_EXPONENT) {
            return 0;
        }
        if (exponent >= HIGHEST_EXPONENT) {
            return GRID - 1;
        }
        int within = (int) (nanos >>> (exponent - STEP_BITS)) & (STEPS - 1);
        return (exponent - LOWEST_EXPONENT) * STEPS + within + 1;
    }

    int cells() {
        return upper.length;
    }

    /** The cell of a latency. */
    int cellOf(long nanos) {
        int cell = firstCell[stepOf(nanos)];
        while (nanos > upper[cell]) {
            cell++;
        }
        return cell;
    }

    /** The greatest latency of a cell. */
    long upperOf(int cell) {
        return upper[cell];
    }

    /** Latencies of at most {@code bound}, which is one of those that the scale was made with. */
    long countUpTo(long bound, long[] counts) {
        long sum = 0;
        for (int cell = 0; cell < counts.length && upper[cell] <= bound; cell++) {
            sum += counts[cell];
        }
        return sum;
    }

    /** The latency that this share of all is not above, to an eighth; 0 if there are none. */
    long quantile(double share, long[] counts) {
        long all = Arrays.stream(counts).sum();
        long wanted = Math.max(1, (long) Math.ceil(share * all));
        long seen = 0;
        for (int cell = 0; cell < counts.length && all > 0; cell++) {
            seen += counts[cell];
            if (seen >= wanted) {
                boolean last = cell == upper.length - 1;
                return last ? 1L << HIGHEST_EXPONENT : upper[cell];
            }
        }
        return 0;
    }
}
