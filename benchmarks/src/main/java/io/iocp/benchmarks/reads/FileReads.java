package io.iocp.benchmarks.reads;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.ProcessorTime;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Random reads of 4 KiB from one file, out of the page cache and past it (O_DIRECT): how many a second, and what does each cost?
 * All candidates but the one in C are in this process and work in turn, so its processor time is that of the one at work.
 */
public final class FileReads implements Workload {
    private static final Metric CPU = new Metric("CPU us each", 2);
    private static final Metric BUSY = new Metric("processors busy", 2);
    private static final String PORT = "port";
    private static final String POOL = "FileChannel on a pool";
    private static final String FLOOR = "C, io_uring";
    private static final double NANOS_PER_MICRO = 1e3;

    /** One of those that are compared. */
    private interface Candidate {
        Reads readFor(long millis) throws Exception;
    }

    @Override
    public String name() {
        return "file-reads";
    }

    @Override
    public String title() {
        return "Random reads of a file";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, false, Duration.ofSeconds(2), Duration.ofSeconds(1), 5);
        int mib = given.number("mib", 1024);
        int inFlight = given.number("in-flight", 32);
        Path file = Path.of(given.text("file", "benchmarks/target/file-reads"));
        given.done();
        progress.say("writes a file of " + mib + " MiB");
        fill(file, mib);
        section.circumstance("how", settings.text())
                .text(inFlight + " reads of 4 KiB in flight, at random blocks of a file of " + mib
                        + " MiB; every completion starts the next read. One port has one shard; FileChannel has a pool of "
                        + inFlight
                        + " threads; AsynchronousFileChannel has its default group. Processor time is that of the whole process,"
                        + " the kernel's own workers for it included. `" + FLOOR
                        + "` is a process of its own, which does nothing else.");
        try {
            Comparison cached = run(file, false, inFlight, settings, progress);
            section.comparison("Out of the page cache", cached, CPU);
            section.goal(Goal.atMost(
                    "processor time of a read of 4 KiB from the page cache",
                    0.5,
                    "",
                    cached.ratio(PORT, POOL, CPU),
                    "of " + POOL + " (the C ring " + Table.number(cached.ratio(FLOOR, POOL, CPU), 3) + ")"));
            section.comparison("Past the page cache (O_DIRECT)", run(file, true, inFlight, settings, progress), CPU);
        } finally {
            Files.delete(file);
        }
    }

    private static void fill(Path file, int mib) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            MemorySegment block = Arena.ofAuto().allocate(1 << 20, 8);
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < mib; i++) {
                for (long at = 0; at < block.byteSize(); at += Long.BYTES) {
                    block.set(ValueLayout.JAVA_LONG, at, random.nextLong());
                }
                channel.write(block.asByteBuffer());
            }
            channel.force(true);
        }
    }

    private static Comparison run(Path file, boolean direct, int inFlight, Settings settings, Progress progress)
            throws Exception {
        Map<String, BlockReader> readers = new LinkedHashMap<>();
        Map<String, Candidate> candidates = new LinkedHashMap<>();
        try {
            readers.put(PORT, PortBlockReader.open(file, direct, inFlight, "io_uring"));
            readers.put("port on NIO", PortBlockReader.open(file, direct, inFlight, "nio"));
            readers.put(POOL, new PooledBlockReader(file, direct, inFlight));
            readers.put("AsynchronousFileChannel", new AsynchronousBlockReader(file, direct, inFlight));
            readers.forEach((name, reader) -> candidates.put(name, millis -> read(reader, millis)));
            candidates.put(FLOOR, new NativeBlockReader(file, direct, inFlight)::readFor);
            return Rounds.of(
                    settings, candidates, progress, (candidate, _, millis) -> sample(candidate.readFor(millis)));
        } finally {
            for (BlockReader reader : readers.values()) {
                reader.close();
            }
        }
    }

    private static Reads read(BlockReader reader, long millis) throws Exception {
        long cpu = ProcessorTime.ownNanos();
        long begin = System.nanoTime();
        long reads = reader.readFor(millis);
        long nanos = System.nanoTime() - begin;
        return new Reads(reads, nanos, ProcessorTime.ownNanos() - cpu);
    }

    private static Sample sample(Reads reads) {
        return Sample.empty()
                .with(Metric.PER_SECOND, reads.count() * 1e9 / reads.nanos())
                .with(CPU, reads.cpuNanos() / NANOS_PER_MICRO / reads.count())
                .with(BUSY, (double) reads.cpuNanos() / reads.nanos());
    }
}
