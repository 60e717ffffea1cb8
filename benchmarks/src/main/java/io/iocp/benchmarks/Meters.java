package io.iocp.benchmarks;

import io.iocp.CompletionHandler;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.metrics.PortTimers;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.HdrHistogram.Recorder;

/**
 * What the starter's meters cost: one record of a latency, in several ways, and an echo of an annotated handler with all meters and
 * without.
 *
 * <pre>{@code
 * benchmarks/run Meters apart=true rounds=31 millis=1000
 * }</pre>
 */
final class Meters {
    private static final int RECORDS = 1 << 22;
    private static final int ROUNDS_OF_RECORDS = 9;

    private Meters() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given);
        int connections = given.number("connections", 50);
        Path to = Path.of(given.text("to", "docs/benchmarks/metrics.md"));
        given.done();

        List<List<String>> records = records();
        List<Candidate> candidates = List.of(
                server("no meters", "meters=false"),
                server("all meters", "meters=true"),
                server("all meters and events", "meters=true", "events=true"),
                server("no meters, again", "meters=false"));
        Load load = new Load(connections, 0, 0, Duration.ofMillis(300), settings.measured());
        Map<Candidate, List<Measurement>> measured = new Rounds(settings).run(candidates, load);
        new Report(
                        "What meters cost",
                        connections
                                + " connections, 64 bytes, ping-pong through `@IoCompletionHandler ByteBuffer echo(ByteBuffer)`,"
                                + " one shard; every server is scraped every five seconds, as Prometheus does it every fifteen.",
                        "The server without meters is there twice: what the second differs by is the noise.")
                .circumstances("benchmarks/run Meters " + String.join(" ", arguments), settings)
                .candidates(candidates)
                .heading("Processor time of an echo")
                .paragraphs(
                        "`x first` is the median of the ratios, round by round, of the server's processor time for a message, user"
                                + " and kernel, to the first row's. `calmest third` is the mean of the third of a server's rounds that cost least, which"
                                + " is what to compare on a machine that others use: they only ever add to it.")
                .table(List.of("server", "CPU us/message", "least - most", "x first", "messages/s"), echoes(measured))
                .heading("One record of a latency")
                .paragraphs("Nanoseconds for a record, without reading the clock (17 ns here), median and range of "
                        + ROUNDS_OF_RECORDS + " rounds of " + Report.number(RECORDS)
                        + " latencies of 1 us to 1 ms. The loop's own are"
                        + " taken off.")
                .table(List.of("way", "one thread", "least - most"), records)
                .write(to);
    }

    private static Candidate server(String name, String... arguments) {
        return new Candidate(name, AnnotatedEchoServer.class, List.of(arguments));
    }

    private static List<List<String>> echoes(Map<Candidate, List<Measurement>> measured) {
        List<Measurement> first = measured.values().iterator().next();
        List<List<String>> rows = new ArrayList<>();
        measured.forEach((candidate, rounds) -> rows.add(List.of(
                candidate.name(),
                exact(Report.median(rounds, Measurement::serverMicrosPerMessage)),
                exact(rounds.stream()
                                .mapToDouble(Measurement::serverMicrosPerMessage)
                                .min()
                                .orElse(Double.NaN))
                        + " - "
                        + exact(rounds.stream()
                                .mapToDouble(Measurement::serverMicrosPerMessage)
                                .max()
                                .orElse(Double.NaN)),
                exact(ratio(rounds, first)),
                exact(calm(rounds)),
                exact(calm(rounds) / calm(first)),
                Report.number(Report.median(rounds, Measurement::perSecond)))));
        return rows;
    }

    private static double ratio(List<Measurement> rounds, List<Measurement> first) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < rounds.size(); i++) {
            ratios.add(rounds.get(i).serverMicrosPerMessage() / first.get(i).serverMicrosPerMessage());
        }
        return Report.median(ratios);
    }

    /** The mean of the third of the rounds in which a message cost least: what else runs on the machine only ever adds to it. */
    private static double calm(List<Measurement> rounds) {
        return rounds.stream()
                .mapToDouble(Measurement::serverMicrosPerMessage)
                .sorted()
                .limit(Math.max(1, rounds.size() / 3))
                .average()
                .orElse(Double.NaN);
    }

    private static String exact(double value) {
        return "%.3f".formatted(value);
    }

    // ---- one record

    private static List<List<String>> records() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        PortTimers port = new PortTimers(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), "port");
        CompletionHandler handler = packet -> {};
        Timer plain = Timer.builder("plain").register(prometheus);
        Timer buckets = Timer.builder("buckets")
                .serviceLevelObjectives(
                        Duration.ofNanos(10_000),
                        Duration.ofNanos(50_000),
                        Duration.ofNanos(100_000),
                        Duration.ofNanos(500_000),
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(prometheus);
        Timer percentiles =
                Timer.builder("percentiles").publishPercentileHistogram().register(prometheus);
        Recorder recorder = new Recorder(2);
        Map<String, LongConsumer> ways = new LinkedHashMap<>();
        ways.put(
                "the starter's: cells of the worker's own, with buckets and percentiles",
                nanos -> port.handled(handler, OperationKind.RECEIVE, Status.OK, null, nanos, nanos));
        ways.put("Micrometer's timer, Prometheus, no buckets", nanos -> plain.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("the same with the starter's twelve buckets", nanos -> buckets.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("the same with its percentile histogram", nanos -> percentiles.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("HdrHistogram's recorder, two digits", recorder::recordValue);

        long[] latencies = new Random(17).longs(4096, 1000, 1_000_000).toArray();
        long[] sink = new long[1];
        LongConsumer nothing = nanos -> sink[0] += nanos;
        Map<String, List<Double>> taken = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS_OF_RECORDS + 2; round++) {
            double loop = nanosOf(nothing, latencies);
            for (Map.Entry<String, LongConsumer> way : ways.entrySet()) {
                double nanos = nanosOf(way.getValue(), latencies) - loop;
                if (round >= 2) {
                    taken.computeIfAbsent(way.getKey(), _ -> new ArrayList<>()).add(nanos);
                }
            }
        }
        List<List<String>> rows = new ArrayList<>();
        taken.forEach((way, nanos) -> rows.add(List.of(
                way,
                Report.decimal(Report.median(nanos)),
                Report.decimal(nanos.stream().mapToDouble(d -> d).min().orElse(Double.NaN)) + " - "
                        + Report.decimal(
                                nanos.stream().mapToDouble(d -> d).max().orElse(Double.NaN)))));
        return rows;
    }

    private static double nanosOf(LongConsumer way, long[] latencies) {
        long begin = System.nanoTime();
        for (int i = 0; i < RECORDS; i++) {
            way.accept(latencies[i & (latencies.length - 1)]);
        }
        return (System.nanoTime() - begin) / (double) RECORDS;
    }
}
