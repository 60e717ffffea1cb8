package io.iocp.benchmarks.files;

import io.iocp.benchmarks.measure.ForeignServer;
import io.iocp.benchmarks.measure.LoadProgram;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.WarmUp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs that download: wrk one file again and again, curl a large one several times at once. */
final class Downloads {
    static final Metric MIB_PER_SECOND = new Metric("MiB a second", 0);
    static final Metric CPU_PER_MIB = new Metric("server CPU us a MiB", 1);

    private static final int CONNECTIONS = 100;
    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ([0-9.]+)(us|ms|s|m),");
    private static final Pattern PERCENTILE = Pattern.compile("(50|99)% +([0-9.]+)(us|ms|s|m)\\b");
    private static final Pattern FAILED = Pattern.compile("Non-2xx|Socket errors");

    private final String processors;

    /** @param processors that the programs may run on */
    Downloads(String processors) {
        this.processors = processors;
    }

    /** For the page, without the address. */
    static String wrk() {
        return "wrk -t 1 -c " + CONNECTIONS + " --latency";
    }

    /** Downloads a file with wrk: for a time, or until the server is warm. */
    Sample measure(ForeignServer server, String file, int bytes, boolean counts, long millis) throws IOException {
        WarmUp warmUp = new WarmUp(server, millis);
        Sample last = wrk(server, file, bytes, millis);
        while (!counts && !warmUp.isEnough()) {
            last = wrk(server, file, bytes, millis);
        }
        return last;
    }

    /**
     * Downloads a file with wrk.
     *
     * @param millis for how long; wrk wants whole seconds, and gets at least one
     */
    private Sample wrk(ForeignServer server, String file, int bytes, long millis) throws IOException {
        List<String> command = new ArrayList<>(List.of(wrk().split(" ", -1)));
        command.addAll(List.of("-d", Math.max(1, Math.round(millis / 1e3)) + "s", url(server, file)));
        LoadProgram run = LoadProgram.run(processors, server::cpuNanos, command);
        Matcher requests = REQUESTS.matcher(run.output());
        if (!requests.find() || FAILED.matcher(run.output()).find()) {
            throw new IOException("wrk says " + run.output());
        }
        long count = Long.parseLong(requests.group(1));
        long nanos = (long) (micros(requests.group(2), requests.group(3)) * 1e3);
        Sample sample = Sample.of(count, nanos, run.serverCpuNanos(), run.loadCpuNanos());
        withMib(sample, (double) count * bytes / Site.MIB, nanos, run.serverCpuNanos());
        Matcher percentile = PERCENTILE.matcher(run.output());
        while (percentile.find()) {
            sample.with(
                    percentile.group(1).equals("50") ? Metric.P50 : Metric.P99,
                    micros(percentile.group(2), percentile.group(3)));
        }
        return sample;
    }

    /** Downloads a file with curl, several times at once. */
    Sample curl(ForeignServer server, String file, int mib, int atOnce) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("curl", "--silent", "--fail", "--parallel", "--parallel-immediate"));
        for (int download = 0; download < atOnce; download++) {
            command.addAll(List.of("--output", "/dev/null", url(server, file)));
        }
        LoadProgram run = LoadProgram.run(processors, server::cpuNanos, command);
        Sample sample = Sample.of(atOnce, run.nanos(), run.serverCpuNanos(), run.loadCpuNanos());
        return withMib(sample, (double) mib * atOnce, run.nanos(), run.serverCpuNanos());
    }

    private static Sample withMib(Sample sample, double mib, long nanos, long serverCpuNanos) {
        return sample.with(MIB_PER_SECOND, mib * 1e9 / nanos).with(CPU_PER_MIB, serverCpuNanos / 1e3 / mib);
    }

    private static String url(ForeignServer server, String file) {
        return "http://127.0.0.1:" + server.address().getPort() + "/" + file;
    }

    private static double micros(String number, String unit) {
        double factor = switch (unit) {
            case "us" -> 1;
            case "ms" -> 1e3;
            case "s" -> 1e6;
            default -> 60e6;
        };
        return Double.parseDouble(number) * factor;
    }
}
