package io.iocp.benchmarks.posts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;

/**
 * What one worker has run.
 *
 * <p>Thread: written by its worker; the count is read by any, the latencies only when nothing is posted any more.
 */
final class Tally {
    private static final VarHandle COUNT;
    private static final long LONGEST_NANOS = 60_000_000_000L;
    private static final List<Tally> ALL = new CopyOnWriteArrayList<>();
    private static final ThreadLocal<Tally> MINE = ThreadLocal.withInitial(Tally::new);

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(Tally.class, "count", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final AbstractHistogram latencies = new Histogram(LONGEST_NANOS, 3);
    private long count;

    private Tally() {
        ALL.add(this);
    }

    static Tally mine() {
        return MINE.get();
    }

    void add(long postedNanos) {
        COUNT.setOpaque(this, count + 1);
        if (postedNanos != 0) {
            latencies.recordValue(Math.min(LONGEST_NANOS, Math.max(0, System.nanoTime() - postedNanos)));
        }
    }

    /** What all workers have run by now. */
    static long total() {
        return ALL.stream().mapToLong(t -> (long) COUNT.getOpaque(t)).sum();
    }

    static void forgetLatencies() {
        ALL.forEach(t -> t.latencies.reset());
    }

    static AbstractHistogram latencies() {
        AbstractHistogram sum = new Histogram(LONGEST_NANOS, 3);
        ALL.forEach(t -> sum.add(t.latencies));
        return sum;
    }
}
