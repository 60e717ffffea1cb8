package io.iocp.benchmarks.measure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The load generator for echo servers: a program in C on io_uring, one thread, which costs less for a message than any server of a
 * higher language can. It checks what comes back.
 *
 * <p>Thread: one at a time.
 */
public final class EchoLoad implements AutoCloseable {
    private static final double NANOS_PER_MICRO = 1e3;

    private final Process process;
    private final BufferedReader output;
    private final Writer input;

    private EchoLoad(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
        this.input = process.outputWriter(StandardCharsets.UTF_8);
    }

    /**
     * Starts the program.
     *
     * @param processors that it may run on; empty for all
     */
    public static EchoLoad start(String processors) throws IOException {
        return new EchoLoad(new ProcessBuilder(Settings.onProcessors(
                        processors, List.of(NativeTool.compiled("echo-load").toString())))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /**
     * What the clients do.
     *
     * @param connections open at once
     * @param active of them, the others only stay
     * @param bytes of a message
     * @param depth messages that each active connection keeps under way
     */
    public record Shape(int connections, int active, int bytes, int depth) {

        public static Shape pingPong(int connections, int bytes) {
            return new Shape(connections, connections, bytes, 1);
        }
    }

    /** Connects, warms up, measures, and closes. */
    public Sample ask(ServerProcess server, Shape shape, Duration warmUp, long millis) throws IOException {
        connect(server, shape);
        Sample sample = run(server, shape, "warm=" + warmUp.toMillis() + " millis=" + millis);
        disconnect();
        return sample;
    }

    /** Connects so many, which stay until {@link #disconnect}. */
    public void connect(ServerProcess server, Shape shape) throws IOException {
        said("connect " + server.address().getPort() + " " + shape.connections() + " " + shape.bytes());
    }

    /** Exactly so many messages on the connections that are there. */
    public Sample exchange(ServerProcess server, Shape shape, long messages) throws IOException {
        return run(server, shape, "messages=" + messages);
    }

    private Sample run(ServerProcess server, Shape shape, String extent) throws IOException {
        return sample(said(
                "run active=" + shape.active() + " depth=" + shape.depth() + " " + extent + " server=" + server.pid()));
    }

    /** Connects, exchanges a message and closes, so many at once, again and again. An operation is all of it. */
    public Sample churn(ServerProcess server, int concurrent, Duration warmUp, long millis) throws IOException {
        return sample(said("churn " + server.address().getPort() + " " + concurrent + " warm=" + warmUp.toMillis()
                + " millis=" + millis + " server=" + server.pid()));
    }

    public void disconnect() throws IOException {
        said("close");
    }

    private static Sample sample(String said) {
        Map<String, Long> figures = new HashMap<>();
        for (String figure : said.split(" ", -1)) {
            int equals = figure.indexOf('=');
            figures.put(figure.substring(0, equals), Long.parseLong(figure.substring(equals + 1)));
        }
        double user = figures.getOrDefault("server_user_ticks", 0L);
        double system = figures.getOrDefault("server_system_ticks", 0L);
        return Sample.of(
                        figures.getOrDefault("messages", 0L),
                        figures.getOrDefault("nanos", 0L),
                        figures.getOrDefault("server_cpu_nanos", 0L),
                        figures.getOrDefault("load_cpu_nanos", 0L))
                .with(Metric.USER_SHARE, 100 * user / (user + system))
                .with(Metric.P50, figures.getOrDefault("p50", 0L) / NANOS_PER_MICRO)
                .with(Metric.P99, figures.getOrDefault("p99", 0L) / NANOS_PER_MICRO)
                .with(Metric.P999, figures.getOrDefault("p999", 0L) / NANOS_PER_MICRO);
    }

    private String said(String command) throws IOException {
        input.write(command + "\n");
        input.flush();
        String answer = output.readLine();
        if (answer == null || answer.startsWith("error")) {
            throw new IOException("the load generator, asked to " + command + ", says " + answer);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        input.close();
        process.onExit().join();
    }
}
