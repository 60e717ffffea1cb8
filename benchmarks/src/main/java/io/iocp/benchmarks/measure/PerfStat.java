package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts events of a process, exactly while something is asked of it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man1/perf-stat.1.html">perf-stat(1), --control</a>
 */
final class PerfStat {
    static final String SYSTEM_CALLS = "raw_syscalls:sys_enter";

    private PerfStat() {}

    /** What is done meanwhile. */
    interface Work {
        void run() throws Exception;
    }

    /** Whether this machine, and this user on it, can count all of these. */
    static boolean counts(List<String> events) {
        try {
            Process perf = start(List.of("perf", "stat", "-x", ",", "-e", String.join(",", events), "true"));
            String said = new String(perf.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return perf.onExit().join().exitValue() == 0 && !said.contains("<not ");
        } catch (IOException e) {
            return false; // no perf here
        }
    }

    /** By event, of all threads of the process. */
    static Map<String, Double> during(long pid, List<String> events, Work work) throws Exception {
        Path folder = Files.createTempDirectory("perf-stat");
        try {
            Path control = pipe(folder.resolve("control"));
            Path answers = pipe(folder.resolve("answers"));
            Process perf = start(List.of(
                    "perf",
                    "stat",
                    "-x",
                    ",",
                    "-e",
                    String.join(",", events),
                    "-p",
                    Long.toString(pid),
                    "-D",
                    "-1",
                    "--control",
                    "fifo:" + control + "," + answers));
            try (var commands = Files.newBufferedWriter(control);
                    var answered = Files.newBufferedReader(answers)) {
                for (String command : new String[] {"enable", "disable"}) {
                    commands.write(command + "\n");
                    commands.flush();
                    if (answered.readLine() == null) {
                        throw new IOException("perf stat does not count " + events + " of " + pid);
                    }
                    if (command.equals("enable")) {
                        work.run();
                    }
                }
            }
            start(List.of("kill", "-INT", Long.toString(perf.pid()))).onExit().join();
            return counted(perf, events);
        } finally {
            for (Path file : List.of(folder.resolve("control"), folder.resolve("answers"), folder)) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static Map<String, Double> counted(Process perf, List<String> events) throws IOException {
        Map<String, Double> counted = new LinkedHashMap<>();
        List<String> said = new ArrayList<>();
        try (BufferedReader output = perf.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                said.add(line);
                String[] fields = line.split(",", -1);
                if (fields.length > 2 && events.contains(fields[2])) {
                    counted.put(fields[2], Double.parseDouble(fields[0]));
                }
            }
        }
        if (!counted.keySet().containsAll(events)) {
            throw new IOException("perf stat says " + said);
        }
        return counted;
    }

    private static Path pipe(Path at) throws IOException {
        start(List.of("mkfifo", at.toString())).onExit().join();
        return at;
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
