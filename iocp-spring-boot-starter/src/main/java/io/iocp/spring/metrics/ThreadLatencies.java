package io.iocp.spring.metrics;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The cells that one thread counts in, by number of the latency; or those that virtual threads share, which end by the thousand.
 *
 * <p>Thread: one; if shared, any.
 */
final class ThreadLatencies {
    private final boolean shared;
    private final IntFunction<Latency> latencyOf;
    private volatile @Nullable LatencyCells[] cells = new @Nullable LatencyCells[0];

    /** @param latencyOf the latency of a number */
    ThreadLatencies(boolean shared, IntFunction<Latency> latencyOf) {
        this.shared = shared;
        this.latencyOf = latencyOf;
    }

    /** Whether it was counted before: then its latency is not asked for again. */
    boolean knows(int latency) {
        @Nullable LatencyCells[] known = cells;
        return latency < known.length && known[latency] != null;
    }

    void record(int latency, long nanos) {
        @Nullable LatencyCells[] known = cells;
        LatencyCells own = latency < known.length ? known[latency] : null;
        if (own == null) {
            own = add(latency);
        }
        if (shared) {
            own.recordShared(nanos);
        } else {
            own.record(nanos);
        }
    }

    private synchronized LatencyCells add(int number) {
        LatencyCells present = number < cells.length ? cells[number] : null;
        if (present != null) {
            return present;
        }
        Latency latency = latencyOf.apply(number);
        LatencyCells added = shared ? latency.sharedCells() : latency.cellsOfThisThread();
        @Nullable LatencyCells[] more = Arrays.copyOf(cells, Math.max(cells.length, number + 1));
        more[number] = added;
        cells = more;
        return added;
    }
}
