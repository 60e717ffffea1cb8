package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What does not drift with the neighbours on the machine: instructions and system calls of a server for one operation.
 *
 * <p>Instructions come from the processor's counters where they can be had ({@code perf stat}: user and kernel, and cycles). Else
 * the server is stepped through instruction by instruction in user space (ptrace), which makes it a thousand times slower, so that
 * it finds many requests in hand whenever it looks: what it does once for all of them is shared by more than in earnest.
 */
public final class Counters {
    public static final Metric USER = new Metric("instructions, user", 0);
    public static final Metric KERNEL = new Metric("instructions, kernel", 0);
    public static final Metric CYCLES_USER = new Metric("cycles, user", 0);
    public static final Metric CYCLES_KERNEL = new Metric("cycles, kernel", 0);
    public static final Metric SYSTEM_CALLS = new Metric("system calls", 3);

    private static final Map<String, Metric> HARDWARE = Map.of(
            "instructions:u", USER, "instructions:k", KERNEL, "cycles:u", CYCLES_USER, "cycles:k", CYCLES_KERNEL);
    private static final double SHARE_OF_THE_BUSY = 0.1;
    private static final int UNTIL_COMPILED = 10;
    private static final String ATTACHED = "attached";
    private static final String STEPS = "steps=";

    private final List<String> hardware = List.copyOf(HARDWARE.keySet());
    private final boolean hasHardware = PerfStat.counts(hardware);
    private final boolean hasSystemCalls = PerfStat.counts(List.of(PerfStat.SYSTEM_CALLS));

    /** What is asked of a server meanwhile. */
    public interface Work {
        /** Asks for exactly so many operations. */
        void ask(long operations) throws Exception;
    }

    /** How instructions are counted here. */
    public String text() {
        return hasHardware
                ? "instructions and cycles by the processor's counters (perf stat)"
                : "instructions in user space of the threads that do the work, by single steps (ptrace), since this machine has no hardware"
                        + " counters";
    }

    /**
     * For each operation.
     *
     * @param operations for the counters, which cost nothing
     * @param steps for stepping, which takes some 50 microseconds for an instruction; 0 for no stepping
     */
    public Sample each(ServerProcess server, long operations, long steps, Work work) throws Exception {
        Sample sample = Sample.empty();
        if (hasHardware) {
            PerfStat.during(server.pid(), hardware, () -> work.ask(operations))
                    .forEach((event, count) ->
                            sample.with(HARDWARE.getOrDefault(event, new Metric(event, 0)), count / operations));
        } else if (steps > 0) {
            Map<Long, Long> before = processorNanos(server.pid());
            work.ask(operations);
            List<String> busy = busy(before, processorNanos(server.pid()));
            // The first time, code that was never so slow finds itself on ways that it was not compiled for, and has to
            // be
            // compiled again, at full speed.
            stepsDuring(server.pid(), busy, () -> work.ask(steps));
            work.ask(operations * UNTIL_COMPILED);
            sample.with(USER, (double) stepsDuring(server.pid(), busy, () -> work.ask(steps)) / steps);
        }
        if (hasSystemCalls) {
            PerfStat.during(server.pid(), List.of(PerfStat.SYSTEM_CALLS), () -> work.ask(operations))
                    .forEach((_, count) -> sample.with(SYSTEM_CALLS, count / operations));
        }
        return sample;
    }

    /** The threads that did the work: those of the JVM look at the clock, and would do more for an operation the slower it is. */
    private static List<String> busy(Map<Long, Long> before, Map<Long, Long> after) {
        Map<Long, Long> used = new HashMap<>();
        after.forEach((thread, nanos) -> used.put(thread, nanos - before.getOrDefault(thread, 0L)));
        long all = used.values().stream().mapToLong(Long::longValue).sum();
        return used.entrySet().stream()
                .filter(thread -> thread.getValue() > all * SHARE_OF_THE_BUSY)
                .map(thread -> thread.getKey().toString())
                .toList();
    }

    /** Of each thread, since it began. */
    private static Map<Long, Long> processorNanos(long pid) throws IOException {
        Map<Long, Long> nanos = new HashMap<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : (Iterable<Path>) threads::iterator) {
                String scheduled = Files.readString(thread.resolve("schedstat"));
                nanos.put(
                        Long.parseLong(thread.getFileName().toString()),
                        Long.parseLong(scheduled.substring(0, scheduled.indexOf(' '))));
            }
        }
        return nanos;
    }

    private static long stepsDuring(long pid, List<String> threads, PerfStat.Work work) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(NativeTool.compiled("count-steps").toString());
        command.add(Long.toString(pid));
        command.addAll(threads);
        Process steps = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader output = steps.inputReader(StandardCharsets.UTF_8)) {
            String attached = output.readLine();
            if (attached == null || !attached.startsWith(ATTACHED)) {
                throw new IOException("cannot step through process " + pid + ": " + attached);
            }
            work.run();
            steps.outputWriter(StandardCharsets.UTF_8).close();
            String counted = output.readLine();
            if (counted == null || !counted.startsWith(STEPS)) {
                throw new IOException("no steps of process " + pid + " were counted: " + counted);
            }
            return Long.parseLong(counted.substring(STEPS.length()).split(" ", -1)[0]);
        }
    }
}
