package io.iocp.spring.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.noop.NoopTimer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What a registry would make of a timer: its name and tags after the filters, whether it is wanted at all, and which buckets and
 * percentiles somebody has configured for it ({@code management.metrics.distribution.*}, or a filter). Found by registering one and taking
 * it away again: nobody but the registry knows all its filters.
 *
 * @param bounds of the buckets, in nanoseconds, ascending
 * @param percentiles as shares, 0.99 for the 99th
 */
record LatencyBuckets(Meter.Id id, boolean denied, List<Long> bounds, List<Double> percentiles) {
    /** Where nothing is configured. */
    private static final Duration[] USUALLY = {
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
        Duration.ofSeconds(5)
    };

    static LatencyBuckets of(LatencyId id, MeterRegistry registry) {
        Timer probe = Timer.builder(id.name())
                .description(id.description())
                .tags(id.tags())
                .serviceLevelObjectives(USUALLY)
                .register(registry);
        HistogramSnapshot snapshot = probe.takeSnapshot();
        LatencyBuckets found = new LatencyBuckets(
                probe.getId(),
                probe instanceof NoopTimer,
                Arrays.stream(snapshot.histogramCounts())
                        .mapToDouble(CountAtBucket::bucket)
                        .filter(bound -> bound < Long.MAX_VALUE)
                        .mapToLong(bound -> (long) bound)
                        .sorted()
                        .boxed()
                        .toList(),
                Arrays.stream(snapshot.percentileValues())
                        .map(ValueAtPercentile::percentile)
                        .toList());
        registry.remove(probe);
        return found;
    }
}
