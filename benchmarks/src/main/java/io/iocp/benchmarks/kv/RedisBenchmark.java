package io.iocp.benchmarks.kv;

import io.iocp.benchmarks.measure.ForeignServer;
import io.iocp.benchmarks.measure.LoadProgram;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.WarmUp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code redis-benchmark} with one command. It wants to be told how many requests to make, not how long: how many are made in a
 * given time is known from the run before.
 *
 * @param test SET or GET
 * @param pipelined requests that a client sends at once
 * @see <a href="https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/benchmarks/">Redis benchmark</a>
 */
record RedisBenchmark(String test, int pipelined) {
    private static final int CLIENTS = 50;
    private static final int KEYS = 100_000;
    private static final long FEWEST = 20_000;
    /** Columns of its line of results. */
    private static final int PER_SECOND = 1;

    private static final int P50_MILLIS = 4;
    private static final int P99_MILLIS = 6;
    private static final double MICROS_PER_MILLI = 1e3;

    /** Without host, port and number of requests. */
    List<String> command() {
        return List.of(
                "redis-benchmark",
                "--csv",
                "-t",
                test.toLowerCase(Locale.ROOT),
                "-c",
                Integer.toString(CLIENTS),
                "-P",
                Integer.toString(pipelined),
                "-r",
                Integer.toString(KEYS));
    }

    /** Asks until the server is warm, and tells of the last run. */
    Sample warmUp(ForeignServer server, String processors, long millis) throws IOException {
        WarmUp warmUp = new WarmUp(server, millis);
        Sample last = run(server, processors, FEWEST);
        while (!warmUp.isEnough()) {
            last = run(server, processors, requests(last, Math.max(1, millis / 4)));
        }
        return last;
    }

    /** How many requests fill a time. */
    static long requests(Sample before, long millis) {
        return Math.max(FEWEST, (long) (before.get(Metric.PER_SECOND) * millis / 1e3));
    }

    Sample run(ForeignServer server, String processors, long requests) throws IOException {
        List<String> command = new ArrayList<>(command());
        command.addAll(List.of("-h", server.address().getAddress().getHostAddress()));
        command.addAll(List.of("-p", Integer.toString(server.address().getPort())));
        command.addAll(List.of("-n", Long.toString(requests)));
        LoadProgram run = LoadProgram.run(processors, server::cpuNanos, command);
        String[] columns = run.output()
                .lines()
                .filter(line -> line.startsWith("\"" + test + "\""))
                .findFirst()
                .orElseThrow(() -> new IOException("redis-benchmark says " + run.output()))
                .replace("\"", "")
                .split(",", -1);
        double perSecond = Double.parseDouble(columns[PER_SECOND]);
        return Sample.of(requests, (long) (requests / perSecond * 1e9), run.serverCpuNanos(), run.loadCpuNanos())
                .with(Metric.P50, Double.parseDouble(columns[P50_MILLIS]) * MICROS_PER_MILLI)
                .with(Metric.P99, Double.parseDouble(columns[P99_MILLIS]) * MICROS_PER_MILLI);
    }
}
