package io.iocp.spring.metrics;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Shows latencies to meter registries: to that of Prometheus as histograms, to any other as a timer of which count and total are
 * read, with gauges for the maximum, for percentiles and for buckets.
 *
 * <p>Thread: any.
 */
final class LatencyMeters {
    private static final boolean PROMETHEUS_PRESENT =
            isPresent("io.micrometer.prometheusmetrics.PrometheusMeterRegistry");

    private final MeterRegistry registry;

    /** Meters refer to these weakly, and a name has one latency, whoever asks for it. */
    private final Map<LatencyId, Latency> latencies = new ConcurrentHashMap<>();

    LatencyMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    private static boolean isPresent(String className) {
        try {
            Class.forName(className, false, LatencyMeters.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** The latency of this name, shown from now on. */
    Latency latency(LatencyId id) {
        return latencies.computeIfAbsent(id, this::register);
    }

    private Latency register(LatencyId id) {
        Map<MeterRegistry, LatencyBuckets> buckets = new LinkedHashMap<>();
        for (MeterRegistry leaf : leaves(registry)) {
            buckets.put(leaf, LatencyBuckets.of(id, leaf));
        }
        long[] bounds = buckets.values().stream()
                .flatMap(b -> b.bounds().stream())
                .mapToLong(Long::longValue)
                .distinct()
                .toArray();
        Latency latency = new Latency(new LatencyScale(bounds));
        buckets.forEach((leaf, wanted) -> {
            if (wanted.denied()) {
                return;
            }
            if (PROMETHEUS_PRESENT && PrometheusLatencies.isFor(leaf)) {
                PrometheusLatencies.of(leaf).add(latency, wanted);
            } else {
                register(leaf, id, latency, wanted);
            }
        });
        return latency;
    }

    /** A composite shows nothing itself; one that is still empty is kept, since it may get members. */
    private static List<MeterRegistry> leaves(MeterRegistry registry) {
        if (registry instanceof CompositeMeterRegistry composite
                && !composite.getRegistries().isEmpty()) {
            List<MeterRegistry> leaves = new ArrayList<>();
            composite.getRegistries().forEach(member -> leaves.addAll(leaves(member)));
            return leaves;
        }
        return List.of(registry);
    }

    private static void register(MeterRegistry registry, LatencyId id, Latency latency, LatencyBuckets wanted) {
        FunctionTimer.builder(id.name(), latency, Latency::count, Latency::totalNanos, TimeUnit.NANOSECONDS)
                .description(id.description())
                .tags(id.tags())
                .register(registry);
        TimeGauge.builder(id.name() + ".max", latency, TimeUnit.NANOSECONDS, Latency::maxNanos)
                .description(id.description() + ": the greatest of the last minutes")
                .tags(id.tags())
                .register(registry);
        for (double share : wanted.percentiles()) {
            TimeGauge.builder(id.name() + ".percentile", latency, TimeUnit.NANOSECONDS, l -> l.quantileNanos(share))
                    .tags(id.tags().and("phi", decimal(share)))
                    .register(registry);
        }
        for (long bound : wanted.bounds()) {
            Gauge.builder(id.name() + ".histogram", latency, l -> l.scale().countUpTo(bound, l.counts()))
                    .tags(id.tags().and("le", decimal(bound / 1e9)))
                    .register(registry);
        }
    }

    private static String decimal(double value) {
        String text = String.format(Locale.ROOT, "%.9f", value).replaceAll("0+$", "");
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
