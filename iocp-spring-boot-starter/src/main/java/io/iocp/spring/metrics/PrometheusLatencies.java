package io.iocp.spring.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Latencies as Prometheus sees them, with the names that Micrometer gives to timers: a histogram of the configured buckets, or a summary
 * with percentiles where percentiles are configured and no buckets, and a gauge of the maximum.
 *
 * <p>Thread: any.
 */
final class PrometheusLatencies implements MultiCollector {
    private static final Map<MeterRegistry, PrometheusLatencies> BY_REGISTRY = new WeakHashMap<>();
    private static final double NANOS = 1e9;

    private record Shown(String name, String help, Labels labels, Latency latency, LatencyBuckets wanted) {}

    private final NamingConvention names;
    private final List<Shown> all = new CopyOnWriteArrayList<>();

    private PrometheusLatencies(NamingConvention names) {
        this.names = names;
    }

    static boolean isFor(MeterRegistry registry) {
        return registry instanceof PrometheusMeterRegistry;
    }

    /** The one of this registry. */
    static PrometheusLatencies of(MeterRegistry registry) {
        synchronized (BY_REGISTRY) {
            return BY_REGISTRY.computeIfAbsent(registry, PrometheusLatencies::registered);
        }
    }

    private static PrometheusLatencies registered(MeterRegistry registry) {
        PrometheusLatencies latencies =
                new PrometheusLatencies(registry.config().namingConvention());
        ((PrometheusMeterRegistry) registry).getPrometheusRegistry().register(latencies);
        return latencies;
    }

    void add(Latency latency, LatencyBuckets wanted) {
        Meter.Id id = wanted.id();
        List<Tag> tags = id.getTags();
        Labels labels = Labels.of(
                tags.stream().map(t -> names.tagKey(t.getKey())).toList(),
                tags.stream().map(t -> names.tagValue(t.getValue())).toList());
        String description = id.getDescription();
        all.add(new Shown(
                names.name(id.getName(), Meter.Type.TIMER, id.getBaseUnit()),
                description == null ? " " : description,
                labels,
                latency,
                wanted));
    }

    @Override
    public MetricSnapshots collect() {
        Map<String, HistogramSnapshot.Builder> histograms = new LinkedHashMap<>();
        Map<String, SummarySnapshot.Builder> summaries = new LinkedHashMap<>();
        Map<String, GaugeSnapshot.Builder> greatest = new LinkedHashMap<>();
        for (Shown shown : all) {
            if (!shown.wanted().bounds().isEmpty()) {
                histograms
                        .computeIfAbsent(
                                shown.name(),
                                name -> HistogramSnapshot.builder().name(name).help(shown.help()))
                        .dataPoint(histogram(shown));
            } else {
                summaries
                        .computeIfAbsent(
                                shown.name(),
                                name -> SummarySnapshot.builder().name(name).help(shown.help()))
                        .dataPoint(summary(shown));
            }
            greatest.computeIfAbsent(
                            shown.name() + "_max",
                            name -> GaugeSnapshot.builder().name(name).help(shown.help()))
                    .dataPoint(GaugeDataPointSnapshot.builder()
                            .labels(shown.labels())
                            .value(shown.latency().maxNanos() / NANOS)
                            .build());
        }
        MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        histograms.values().forEach(h -> snapshots.metricSnapshot(h.build()));
        // A name has one type: where some of it has buckets, the rest has too, being of the same filters.
        summaries.forEach((name, summary) -> {
            if (!histograms.containsKey(name)) {
                snapshots.metricSnapshot(summary.build());
            }
        });
        greatest.values().forEach(g -> snapshots.metricSnapshot(g.build()));
        return snapshots.build();
    }

    private static HistogramDataPointSnapshot histogram(Shown shown) {
        long[] counts = shown.latency().counts();
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        long below = 0;
        for (long bound : shown.wanted().bounds()) {
            long upTo = shown.latency().scale().countUpTo(bound, counts);
            buckets.bucket(bound / NANOS, upTo - below);
            below = upTo;
        }
        buckets.bucket(Double.POSITIVE_INFINITY, shown.latency().scale().countUpTo(Long.MAX_VALUE, counts) - below);
        return HistogramDataPointSnapshot.builder()
                .labels(shown.labels())
                .classicHistogramBuckets(buckets.build())
                .sum(shown.latency().totalNanos() / NANOS)
                .build();
    }

    private static SummaryDataPointSnapshot summary(Shown shown) {
        Quantiles.Builder quantiles = Quantiles.builder();
        for (double share : shown.wanted().percentiles()) {
            quantiles.quantile(share, shown.latency().quantileNanos(share) / NANOS);
        }
        return SummaryDataPointSnapshot.builder()
                .labels(shown.labels())
                .quantiles(quantiles.build())
                .count(shown.latency().count())
                .sum(shown.latency().totalNanos() / NANOS)
                .build();
    }
}
