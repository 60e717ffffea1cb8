package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Memory of a server process that starts with a heap touched in full, so that what its resident set grows by lies outside the
 * heap.
 *
 * @param heap used after a collection, in bytes
 * @param resident all memory of the process, in bytes
 */
public record Footprint(long heap, long resident) {
    public static final Metric HEAP = new Metric("heap", 0);
    public static final Metric OUTSIDE = new Metric("outside the heap", 0);
    public static final Metric TOGETHER = new Metric("together", 0);

    private static final long KIB = 1024;
    private static final String RESIDENT = "VmRSS:";

    /** What a server says of itself, to be read by {@link #parse}. */
    static String ofThisProcess() {
        // Twice: what the first makes reachable for cleaners only, the second takes.
        System.gc();
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        return heap + " " + residentBytes();
    }

    static Footprint parse(String said) {
        int space = said.indexOf(' ');
        return new Footprint(Long.parseLong(said.substring(0, space)), Long.parseLong(said.substring(space + 1)));
    }

    /** Of what has been added since then, in so many parts, the bytes of one. */
    public Sample shares(Footprint before, int parts) {
        double ofHeap = (double) (heap - before.heap) / parts;
        double outside = (double) (resident - before.resident) / parts;
        return Sample.empty().with(HEAP, ofHeap).with(OUTSIDE, outside).with(TOGETHER, ofHeap + outside);
    }

    private static long residentBytes() {
        try {
            List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
            String line = status.stream()
                    .filter(candidate -> candidate.startsWith(RESIDENT))
                    .findFirst()
                    .orElseThrow();
            return Long.parseLong(
                            line.substring(RESIDENT.length(), line.length() - 2).strip())
                    * KIB;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
