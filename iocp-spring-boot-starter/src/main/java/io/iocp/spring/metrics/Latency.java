package io.iocp.spring.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One latency, counted by each thread for itself and added up when somebody asks. Counts and total are exact; what threads have counted
 * that have ended is kept.
 *
 * <p>Thread: any, but for the cells of a thread, which are its own.
 */
final class Latency {
    /** Of the maximum and of percentiles, which are those of one to two of these. */
    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();

    private record Own(Thread thread, LatencyCells cells) {}

    private final LatencyScale scale;
    private final LongSupplier clock;

    // All guarded by this.
    private final List<Own> own = new ArrayList<>();
    private final long[] ofEnded;
    private long totalOfEnded;
    private long windowBegin;
    private long max;
    private long maxBefore;
    private long[] countsAtBegin;
    private long[] countsBefore;

    Latency(LatencyScale scale) {
        this(scale, System::nanoTime);
    }

    Latency(LatencyScale scale, LongSupplier clock) {
        this.scale = scale;
        this.clock = clock;
        this.ofEnded = new long[scale.cells()];
        this.countsAtBegin = ofEnded.clone();
        this.countsBefore = ofEnded.clone();
        this.windowBegin = clock.getAsLong();
    }

    /** Cells for the calling thread alone. */
    synchronized LatencyCells cellsOfThisThread() {
        foldEnded();
        LatencyCells cells = new LatencyCells(scale);
        own.add(new Own(Thread.currentThread(), cells));
        return cells;
    }

    /** Cells for threads that take turns, and are not waited for to end. */
    synchronized LatencyCells sharedCells() {
        LatencyCells cells = new LatencyCells(scale);
        own.add(new Own(new Thread(() -> {}), cells)); // never started, so it never ends
        return cells;
    }

    /** Whoever sees that a thread has ended sees all that it has counted. */
    private void foldEnded() {
        for (Iterator<Own> i = own.iterator(); i.hasNext(); ) {
            Own next = i.next();
            if (next.thread().getState() == Thread.State.TERMINATED) {
                next.cells().addTo(ofEnded);
                totalOfEnded += next.cells().total();
                max = Math.max(max, next.cells().takeMax());
                i.remove();
            }
        }
    }

    LatencyScale scale() {
        return scale;
    }

    /** How many were counted in each cell. */
    synchronized long[] counts() {
        foldEnded();
        long[] counts = ofEnded.clone();
        own.forEach(o -> o.cells().addTo(counts));
        return counts;
    }

    long count() {
        return Arrays.stream(counts()).sum();
    }

    synchronized double totalNanos() {
        foldEnded();
        return totalOfEnded + own.stream().mapToLong(o -> o.cells().total()).sum();
    }

    /** The greatest of the last minute or two. */
    synchronized long maxNanos() {
        roll();
        for (Own each : own) {
            max = Math.max(max, each.cells().takeMax());
        }
        return Math.max(max, maxBefore);
    }

    /** The latency that this share of the last minute's or two are not above, to an eighth. */
    synchronized long quantileNanos(double share) {
        roll();
        long[] recent = counts();
        for (int i = 0; i < recent.length; i++) {
            recent[i] -= countsBefore[i];
        }
        return scale.quantile(share, recent);
    }

    private void roll() {
        long now = clock.getAsLong();
        if (now - windowBegin < WINDOW_NANOS) {
            return;
        }
        long[] counts = counts();
        for (Own each : own) {
            max = Math.max(max, each.cells().takeMax());
        }
        maxBefore = max;
        max = 0;
        countsBefore = countsAtBegin;
        countsAtBegin = counts;
        windowBegin = now;
    }
}
