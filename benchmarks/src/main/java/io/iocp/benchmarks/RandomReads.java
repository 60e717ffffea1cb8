package io.iocp.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Random reads of 4 KiB from one file, 32 in flight, out of the page cache and past it (O_DIRECT): how many a second, and what
 * does each cost? All candidates are in this process and work in turn, so its processor time is that of the one at work.
 *
 * <pre>{@code
 * benchmarks/run RandomReads
 * benchmarks/run RandomReads mib=4096 in-flight=128 rounds=9
 * }</pre>
 */
final class RandomReads {
    private static final System.Logger LOG = System.getLogger(RandomReads.class.getName());

    /** One time of one candidate. */
    private record Figures(long reads, long nanos, long cpuNanos) {
        double perSecond() {
            return reads * 1e9 / nanos;
        }

        double cpuMicrosPerRead() {
            return cpuNanos / 1e3 / reads;
        }
    }

    private RandomReads() {}

    public static void main(String[] arguments) throws Exception {
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given);
        int mib = given.number("mib", 1024);
        int inFlight = given.number("in-flight", 32);
        Path file = Path.of(given.text("file", "benchmarks/target/random-reads"));
        Path to = Path.of(given.text("to", "docs/benchmarks/random-reads.md"));
        given.done();
        fill(file, mib);

        Report report = new Report(
                        "Random reads",
                        inFlight + " reads of 4 KiB in flight, at random blocks of a file of " + mib
                                + " MiB; every completion starts the next read. One port has one shard; FileChannel has a pool"
                                + " of " + inFlight + " threads; AsynchronousFileChannel has its default group.",
                        "Figures are medians over the rounds; `x first` is the median of the ratios, round by round, of"
                                + " reads/s to the first row's. CPU is that of the whole process, the kernel's own workers for it"
                                + " included.")
                .circumstancesOfOneProcess("benchmarks/run RandomReads " + String.join(" ", arguments), settings);
        for (boolean direct : new boolean[] {false, true}) {
            report.heading(direct ? "Past the page cache (O_DIRECT)" : "Out of the page cache");
            report.table(
                    List.of("reader", "reads/s", "least - most", "x first", "CPU us/read", "processors busy"),
                    rows(measure(file, direct, inFlight, settings)));
        }
        report.write(to);
        Files.delete(file);
    }

    private static void fill(Path file, int mib) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            MemorySegment block = Arena.ofAuto().allocate(1 << 20, 8);
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < mib; i++) {
                for (long at = 0; at < block.byteSize(); at += Long.BYTES) {
                    block.set(java.lang.foreign.ValueLayout.JAVA_LONG, at, random.nextLong());
                }
                channel.write(block.asByteBuffer());
            }
            channel.force(true);
        }
    }

    private static Map<String, List<Figures>> measure(Path file, boolean direct, int inFlight, Rounds.Settings settings)
            throws Exception {
        Map<String, BlockReader> readers = new LinkedHashMap<>();
        Map<String, List<Figures>> all = new LinkedHashMap<>();
        try {
            readers.put("port", PortBlockReader.open(file, direct, inFlight, "io_uring"));
            readers.put("port on NIO", PortBlockReader.open(file, direct, inFlight, "nio"));
            readers.put("FileChannel, " + inFlight + " threads", new PooledBlockReader(file, direct, inFlight));
            readers.put("AsynchronousFileChannel", new AsynchronousBlockReader(file, direct, inFlight));
            for (Map.Entry<String, BlockReader> entry : readers.entrySet()) {
                run(entry.getValue(), settings.warmUp().toMillis());
                all.put(entry.getKey(), new ArrayList<>());
            }
            for (int round = 0; round < settings.rounds(); round++) {
                for (Map.Entry<String, List<Figures>> entry : all.entrySet()) {
                    BlockReader reader = readers.get(entry.getKey());
                    if (reader != null) {
                        Figures figures = run(reader, settings.measured().toMillis());
                        entry.getValue().add(figures);
                        LOG.log(
                                System.Logger.Level.INFO,
                                "%-32s %9.0f reads/s, %6.2f us of CPU each"
                                        .formatted(entry.getKey(), figures.perSecond(), figures.cpuMicrosPerRead()));
                    }
                }
            }
            return all;
        } finally {
            for (BlockReader reader : readers.values()) {
                reader.close();
            }
        }
    }

    private static Figures run(BlockReader reader, long millis) throws Exception {
        long cpu = cpuNanos();
        long begin = System.nanoTime();
        long reads = reader.readFor(millis);
        return new Figures(reads, System.nanoTime() - begin, cpuNanos() - cpu);
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static List<List<String>> rows(Map<String, List<Figures>> measured) {
        List<Figures> first = measured.values().iterator().next();
        List<List<String>> rows = new ArrayList<>();
        measured.forEach((name, rounds) -> {
            List<Double> perSecond = rounds.stream().map(Figures::perSecond).toList();
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < rounds.size(); i++) {
                ratios.add(rounds.get(i).perSecond() / first.get(i).perSecond());
            }
            rows.add(List.of(
                    name,
                    Report.number(Report.median(perSecond)),
                    Report.number(perSecond.stream().min(Double::compare).orElseThrow()) + " - "
                            + Report.number(
                                    perSecond.stream().max(Double::compare).orElseThrow()),
                    Report.decimal(Report.median(ratios)),
                    Report.decimal(Report.median(
                            rounds.stream().map(Figures::cpuMicrosPerRead).toList())),
                    Report.decimal(Report.median(rounds.stream()
                            .map(f -> (double) f.cpuNanos() / f.nanos())
                            .toList()))));
        });
        return rows;
    }
}
