package io.iocp.benchmarks.echo;

import io.iocp.CompletionHandler;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.metrics.PortTimers;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.HdrHistogram.Recorder;

/** What one record of a latency costs, in several ways, on one thread. */
final class LatencyRecords {
    static final Metric NANOS = new Metric("ns each", 1);
    private static final int LATENCIES = 4096;

    private LatencyRecords() {}

    /** Each round without what its loop itself takes. */
    static Comparison measure(Settings settings, Progress progress) throws Exception {
        long[] latencies = new Random(17).longs(LATENCIES, 1000, 1_000_000).toArray();
        long[] sink = new long[1];
        LongConsumer nothing = nanos -> sink[0] += nanos;
        return Rounds.of(
                settings,
                ways(),
                progress,
                (way, _, millis) -> Sample.empty()
                        .with(NANOS, nanosOf(way, latencies, millis) - nanosOf(nothing, latencies, millis / 4)));
    }

    private static Map<String, LongConsumer> ways() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        PortTimers port = new PortTimers(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), "port");
        CompletionHandler handler = _ -> {};
        Timer plain = Timer.builder("plain").register(prometheus);
        Timer buckets =
                Timer.builder("buckets").serviceLevelObjectives(starterBounds()).register(prometheus);
        Timer percentiles =
                Timer.builder("percentiles").publishPercentileHistogram().register(prometheus);
        Recorder recorder = new Recorder(2);
        Map<String, LongConsumer> ways = new LinkedHashMap<>();
        ways.put(
                "the starter's: cells of the worker's own, with buckets and percentiles",
                nanos -> port.handled(handler, OperationKind.RECEIVE, Status.OK, null, nanos, nanos));
        ways.put("Micrometer's timer, Prometheus, no buckets", nanos -> plain.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("the same with the starter's buckets", nanos -> buckets.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("the same with its percentile histogram", nanos -> percentiles.record(nanos, TimeUnit.NANOSECONDS));
        ways.put("HdrHistogram's recorder, two digits", recorder::recordValue);
        return ways;
    }

    /** As the starter shows them to a registry that has no histograms of its own. */
    private static Duration[] starterBounds() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        // Its meters look at it weakly.
        PortTimers port = new PortTimers(registry, "port");
        try {
            return registry.get("iocp.post.wait.histogram").gauges().stream()
                    .map(LatencyRecords::bound)
                    .sorted()
                    .toArray(Duration[]::new);
        } finally {
            Reference.reachabilityFence(port);
        }
    }

    private static Duration bound(Gauge bucket) {
        double seconds =
                Double.parseDouble(Objects.requireNonNull(bucket.getId().getTag("le"), "every bucket says its bound"));
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    private static double nanosOf(LongConsumer way, long[] latencies, long millis) {
        long begin = System.nanoTime();
        long end = begin + Duration.ofMillis(millis).toNanos();
        long records = 0;
        long now;
        do {
            for (long latency : latencies) {
                way.accept(latency);
            }
            records += latencies.length;
            now = System.nanoTime();
        } while (now < end);
        return (double) (now - begin) / records;
    }
}
