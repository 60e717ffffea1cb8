package io.iocp.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server in a JVM of its own.
 *
 * <p>Pairs with {@link Console}.
 */
final class ServerProcess implements AutoCloseable {
    /** The same for all servers: a heap that never grows, and the collector that a machine of two processors gets. */
    static final List<String> FLAGS =
            List.of("-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "--enable-native-access=ALL-UNNAMED");

    /** Of the times in /proc; USER_HZ is 100 on every Linux that runs a JVM. */
    private static final long TICK_NANOS = 10_000_000;

    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;

    private final Process process;
    private final BufferedReader output;
    private final Writer input;
    private final InetSocketAddress address;

    private ServerProcess(Process process) throws IOException {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.input = process.outputWriter(StandardCharsets.UTF_8);
        String said = output.readLine();
        if (said == null || !said.startsWith(Console.LISTENING)) {
            process.destroy();
            throw new IOException("the server did not start, and said: " + said);
        }
        int port = Integer.parseInt(said.substring(Console.LISTENING.length()));
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** @param processors that it may run on, in the manner of {@code taskset -c}; empty for all */
    static ServerProcess start(Candidate candidate, String processors) throws IOException {
        return start(candidate, processors, List.of());
    }

    /** @param moreFlags beside {@link #FLAGS}, or in their place */
    static ServerProcess start(Candidate candidate, String processors, List<String> moreFlags) throws IOException {
        List<String> command = new ArrayList<>();
        if (!processors.isEmpty()) {
            command.addAll(List.of("taskset", "-c", processors));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(moreFlags);
        // What a server must agree on with the load generator.
        String groups = System.getProperty(TlsKeys.GROUPS_PROPERTY);
        if (groups != null) {
            command.add("-D" + TlsKeys.GROUPS_PROPERTY + "=" + groups);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(candidate.program().getName());
        command.addAll(candidate.arguments());
        return new ServerProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    InetSocketAddress address() {
        return address;
    }

    /** What the server has to say about itself. */
    String figures() throws IOException {
        input.write("\n");
        input.flush();
        String line = output.readLine();
        return line == null ? "" : line;
    }

    /** Processor time of all its threads, user and kernel, since it began. */
    long cpuNanos() {
        return cpuNanos(Path.of("/proc", Long.toString(process.pid()), "stat"));
    }

    /** Processor time of this process. */
    static long ownCpuNanos() {
        return cpuNanos(Path.of("/proc/self/stat"));
    }

    private static long cpuNanos(Path stat) {
        try {
            String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
            // The name, which may hold anything, is in parentheses.
            List<String> fields =
                    List.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1));
            return (Long.parseLong(fields.get(USER_TIME)) + Long.parseLong(fields.get(SYSTEM_TIME))) * TICK_NANOS;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the server has gone", e);
        }
    }

    @Override
    public void close() {
        try {
            input.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
