package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How to measure: for how long, how often, on which processors.
 *
 * @param serverProcessors that servers may run on, in the manner of {@code taskset -c}; empty for all
 * @param loadProcessors that the load generator may run on
 * @param warmUp for how long each server works before the first round
 * @param measured for how long in each round
 */
public record Settings(String serverProcessors, String loadProcessors, Duration warmUp, Duration measured, int rounds) {

    /** Before each measurement of a server that is warm already: connections are new, caches were another's. */
    public static final Duration AGAIN = Duration.ofMillis(300);

    private static final String ALLOWED = "Cpus_allowed_list:";
    private static final String AT_START = allowedAtStart();

    /**
     * {@code apart}, {@code warm-up-millis}, {@code millis} and {@code rounds} of the command, or these.
     *
     * @param apart whether server and load generator have a processor each
     */
    public static Settings of(Arguments given, boolean apart, Duration warmUp, Duration measured, int rounds) {
        boolean separate = Boolean.parseBoolean(given.text("apart", Boolean.toString(apart)));
        return new Settings(
                separate ? "0" : "",
                separate ? "1" : "",
                Duration.ofMillis(given.number("warm-up-millis", Math.toIntExact(warmUp.toMillis()))),
                Duration.ofMillis(given.number("millis", Math.toIntExact(measured.toMillis()))),
                given.number("rounds", rounds));
    }

    public Settings warmUp(Duration other) {
        return new Settings(serverProcessors, loadProcessors, other, measured, rounds);
    }

    public Settings rounds(int other) {
        return new Settings(serverProcessors, loadProcessors, warmUp, measured, other);
    }

    /** Keeps this process, whose threads are load or its drivers, to the load's processors. */
    public void pinLoad() throws IOException {
        if (!loadProcessors.isEmpty()) {
            keepTo(loadProcessors);
        }
    }

    /** The opposite, for what is measured next: also what this process starts runs where it may itself. */
    public static void unpin() throws IOException {
        if (!allowed().equals(AT_START)) {
            keepTo(AT_START);
        }
    }

    private static void keepTo(String processors) throws IOException {
        new ProcessBuilder(
                        "taskset",
                        "-a",
                        "-p",
                        "-c",
                        processors,
                        Long.toString(ProcessHandle.current().pid()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .onExit()
                .join();
    }

    /** Processors of this process. */
    private static String allowed() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith(ALLOWED))
                    .findFirst()
                    .orElseThrow()
                    .substring(ALLOWED.length())
                    .strip();
        }
    }

    private static String allowedAtStart() {
        try {
            return allowed();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command that runs on some processors only; empty for all. */
    public static List<String> onProcessors(String processors, List<String> command) {
        List<String> pinned = new ArrayList<>();
        if (!processors.isEmpty()) {
            pinned.addAll(List.of("taskset", "-c", processors));
        }
        pinned.addAll(command);
        return pinned;
    }

    /** For the page. */
    public String text() {
        return "servers on processor " + orAll(serverProcessors) + ", load on " + orAll(loadProcessors) + "; warm-up "
                + warmUp.toMillis() + " ms, " + rounds + " rounds of " + measured.toMillis()
                + " ms, candidates in turn";
    }

    private static String orAll(String processors) {
        return processors.isEmpty() ? "any" : processors;
    }
}
