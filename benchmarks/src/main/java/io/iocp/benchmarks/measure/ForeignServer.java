package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server of others, which knows nothing of {@link Console}: it is up when its port answers, and is killed in the end, its
 * children too.
 */
public final class ForeignServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long BETWEEN_ATTEMPTS_MILLIS = 50;
    private static final long LAST_WORDS_SECONDS = 10;

    private final Process process;
    private final InetSocketAddress address;
    private final Path output;

    private ForeignServer(Process process, int port, Path output) {
        this.process = process;
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.output = output;
    }

    /** A port of the loopback address on which nobody listens now. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * Starts it and waits until it accepts connections.
     *
     * @param processors that it may run on, in the manner of {@code taskset -c}; empty for all
     * @param port where its arguments tell it to listen
     * @throws IOException with what it said, if it ended or did not listen within a minute
     */
    public static ForeignServer start(Candidate candidate, String processors, int port) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(candidate.program());
        command.addAll(candidate.arguments());
        Path output = Files.createTempFile("benchmark-server", ".log");
        Process process = new ProcessBuilder(Settings.onProcessors(processors, command))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        ForeignServer server = new ForeignServer(process, port, output);
        try {
            server.awaitConnections(candidate.name());
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void awaitConnections(String name) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!accepts()) {
            boolean ended;
            try {
                ended = process.waitFor(BETWEEN_ATTEMPTS_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while " + name + " was starting", e);
            }
            if (ended || System.nanoTime() > deadline) {
                throw new IOException(name + (ended ? " ended" : " does not listen on " + address) + ", and said: "
                        + Files.readString(output));
            }
        }
    }

    private boolean accepts() {
        try (Socket attempt = new Socket(address.getAddress(), address.getPort())) {
            return attempt.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    public InetSocketAddress address() {
        return address;
    }

    /** Processor time of the process and of those that it started and that still run, user and kernel. */
    public long cpuNanos() {
        return ProcessorTime.nanosOf(process.pid())
                + process.descendants()
                        .mapToLong(child -> ProcessorTime.nanosOf(child.pid()))
                        .sum();
    }

    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        output.toFile().delete();
    }
}
