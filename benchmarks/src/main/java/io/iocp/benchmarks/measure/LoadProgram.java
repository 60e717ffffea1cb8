package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One run of somebody else's load generator, from its start to its end.
 *
 * @param output all that it said
 * @param nanos it took
 * @param serverCpuNanos processor time of the server meanwhile
 * @param loadCpuNanos its own processor time
 */
public record LoadProgram(String output, long nanos, long serverCpuNanos, long loadCpuNanos) {

    /**
     * Runs it. Nothing else that this process has started may end meanwhile: it would be taken for load.
     *
     * @param processors that it may run on; empty for all
     * @param serverCpuNanos tells the server's processor time up to now
     * @throws IOException with its words, if it fails
     */
    public static LoadProgram run(String processors, LongSupplier serverCpuNanos, List<String> command)
            throws IOException {
        long loadBefore = ProcessorTime.endedChildrenNanos();
        long serverBefore = serverCpuNanos.getAsLong();
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(Settings.onProcessors(processors, command))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.onExit().join().exitValue();
        long nanos = System.nanoTime() - begin;
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + exit + ": " + output);
        }
        return new LoadProgram(
                output,
                nanos,
                serverCpuNanos.getAsLong() - serverBefore,
                ProcessorTime.endedChildrenNanos() - loadBefore);
    }
}
