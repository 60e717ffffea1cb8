package io.iocp.benchmarks.posts;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.AbstractHistogram;

/**
 * How much is posted, by how many.
 *
 * @param inFlight of each producer at most
 * @param perSecond of all producers together; 0 for as many as there can be
 */
record PostsLoad(int producers, int inFlight, int perSecond, int millis) {
    private static final double MEDIAN = 50;
    private static final double RARE = 99;

    /** Part of the measured time that goes before it, for the threads to start. */
    private static final int LEAD = 10;

    /** Runs it; afterwards everything that was posted has run, exactly once. */
    PostsSample run(Postbox box) throws InterruptedException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = Tally.total();
        Tally.forgetLatencies();
        List<Producer> all = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            all.add(new Producer(box, inFlight, perSecond / producers));
        }
        all.forEach(Producer::start);
        TimeUnit.MILLISECONDS.sleep(millis / LEAD);
        long count = Tally.total();
        long cpu = process.getProcessCpuTime();
        long bytes = threads.getTotalThreadAllocatedBytes();
        long begin = System.nanoTime();
        TimeUnit.MILLISECONDS.sleep(millis);
        count = Tally.total() - count;
        cpu = process.getProcessCpuTime() - cpu;
        bytes = threads.getTotalThreadAllocatedBytes() - bytes;
        long nanos = System.nanoTime() - begin;
        all.forEach(Producer::end);
        long posted = 0;
        for (Producer producer : all) {
            posted += producer.awaitPosted();
        }
        if (Tally.total() - before != posted) {
            throw new IllegalStateException(
                    "posted " + posted + " times, and " + (Tally.total() - before) + " have been run");
        }
        AbstractHistogram latencies = Tally.latencies();
        return new PostsSample(
                count,
                nanos,
                cpu,
                bytes,
                perSecond == 0 ? 0 : latencies.getValueAtPercentile(MEDIAN),
                perSecond == 0 ? 0 : latencies.getValueAtPercentile(RARE));
    }

    /** As one line, for {@link #parse}. */
    String line() {
        return producers + " " + inFlight + " " + perSecond + " " + millis;
    }

    static PostsLoad parse(String line) {
        String[] words = line.split(" ", -1);
        return new PostsLoad(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]));
    }
}
