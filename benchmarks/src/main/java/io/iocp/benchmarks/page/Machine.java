package io.iocp.benchmarks.page;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where and when something was measured.
 *
 * @param commit of the sources
 * @param loadAverage before
 * @param jdk that everything ran on
 */
public record Machine(
        String commit, String date, String kernel, String processors, String loadAverage, String jdk, String netty) {

    static Machine here() throws IOException {
        return new Machine(
                sources(),
                LocalDate.now(ZoneId.systemDefault()).toString(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                processorModels(),
                Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0],
                System.getProperty("java.vendor.version") + " (" + System.getProperty("java.vm.version") + ")",
                String.valueOf(io.netty.channel.Channel.class.getPackage().getImplementationVersion()));
    }

    /** What differs from run to run. */
    String run() {
        return "commit " + commit + ", " + date + ", load average " + loadAverage + " before";
    }

    /** What the runs of a page share. */
    String place() {
        return processors + "; " + kernel + "; JDK " + jdk + "; Netty " + netty;
    }

    /** The commit of the sources, marked if they are not that commit's; the results of a run before this one are not sources. */
    private static String sources() throws IOException {
        String name = said("git", "describe", "--always", "--exclude=*");
        String changed = said(
                "git",
                "status",
                "--porcelain",
                "--",
                ":(top)",
                ":(top,exclude)benchmarks/RESULTS.md",
                ":(top,exclude)benchmarks/results");
        return (name == null ? "unknown" : name) + (changed == null ? "" : "-dirty");
    }

    /** The first line of what a command says; null if it says nothing. */
    @Nullable
    private static String said(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var output = process.inputReader(StandardCharsets.UTF_8)) {
            return output.readLine();
        }
    }

    private static String processorModels() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            List<String> models =
                    lines.filter(line -> line.startsWith("model name")).toList();
            String model = models.isEmpty() ? "unknown" : models.getFirst().replaceFirst(".*: ", "");
            return models.size() + " processors, " + model;
        }
    }
}
