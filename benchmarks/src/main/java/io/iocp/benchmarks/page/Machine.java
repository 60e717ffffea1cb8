package io.iocp.benchmarks.page;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;

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
                said("git", "describe", "--always", "--dirty", "--exclude=*"),
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

    private static String said(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var output = process.inputReader(StandardCharsets.UTF_8)) {
            String line = output.readLine();
            return line == null ? "unknown" : line;
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
