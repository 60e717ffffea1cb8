package io.iocp.spring.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How latencies come out of registries, with what somebody has configured for timers of their names. */
class LatencyMetersTest {
    private static final LatencyId WAIT = new LatencyId("iocp.packet.wait", "Time", Tags.of("port", "default"));

    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private static void record(MeterRegistry registry) {
        LatencyCells cells = new LatencyMeters(registry).latency(WAIT).cellsOfThisThread();
        cells.record(10_000);
        cells.record(10_001);
        cells.record(3_000_000);
    }

    @Test
    void shouldBeAHistogramOfPrometheus() {
        record(prometheus);
        assertThat(prometheus.scrape().lines())
                .contains(
                        "# TYPE iocp_packet_wait_seconds histogram",
                        "iocp_packet_wait_seconds_bucket{port=\"default\",le=\"1.0E-5\"} 1",
                        "iocp_packet_wait_seconds_bucket{port=\"default\",le=\"5.0E-5\"} 2",
                        "iocp_packet_wait_seconds_bucket{port=\"default\",le=\"0.005\"} 3",
                        "iocp_packet_wait_seconds_bucket{port=\"default\",le=\"+Inf\"} 3",
                        "iocp_packet_wait_seconds_count{port=\"default\"} 3",
                        "iocp_packet_wait_seconds_sum{port=\"default\"} 0.003020001",
                        "# TYPE iocp_packet_wait_seconds_max gauge",
                        "iocp_packet_wait_seconds_max{port=\"default\"} 0.003");
        assertThat(prometheus.getMeters()).as("nothing is left of the probe").isEmpty();
    }

    @Test
    void shouldHaveTheBucketsAndTagsThatAreConfigured() {
        prometheus
                .config()
                .commonTags("application", "demo")
                .meterFilter(distribution(DistributionStatisticConfig.builder()
                        .serviceLevelObjectives(10_000, 2_000_000)
                        .build()));
        record(prometheus);
        assertThat(prometheus.scrape().lines())
                .filteredOn(line -> line.contains("_bucket"))
                .containsExactly(
                        "iocp_packet_wait_seconds_bucket{application=\"demo\",port=\"default\",le=\"1.0E-5\"} 1",
                        "iocp_packet_wait_seconds_bucket{application=\"demo\",port=\"default\",le=\"0.002\"} 2",
                        "iocp_packet_wait_seconds_bucket{application=\"demo\",port=\"default\",le=\"+Inf\"} 3");
    }

    @Test
    void shouldHaveMicrometersPercentileHistogramWhereThatIsWanted() {
        prometheus
                .config()
                .meterFilter(distribution(DistributionStatisticConfig.builder()
                        .percentilesHistogram(true)
                        .build()));
        record(prometheus);
        assertThat(prometheus.scrape().lines().filter(line -> line.contains("_bucket")))
                .hasSizeGreaterThan(60);
    }

    @Test
    void shouldBeLeftOutWhereItIsDenied() {
        prometheus.config().meterFilter(MeterFilter.denyNameStartsWith("iocp"));
        record(prometheus);
        assertThat(prometheus.scrape()).doesNotContain("iocp");
    }

    @Test
    void shouldBeATimerOfAnyOtherRegistry() {
        SimpleMeterRegistry simple = new SimpleMeterRegistry();
        simple.config()
                .meterFilter(distribution(DistributionStatisticConfig.builder()
                        .percentiles(0.5)
                        .serviceLevelObjectives(10_000)
                        .build()));
        record(simple);
        assertThat(simple.get("iocp.packet.wait").functionTimer().count()).isEqualTo(3);
        assertThat(simple.get("iocp.packet.wait").functionTimer().totalTime(TimeUnit.NANOSECONDS))
                .isEqualTo(3_020_001);
        assertThat(simple.get("iocp.packet.wait.max").timeGauge().value(TimeUnit.NANOSECONDS))
                .isEqualTo(3_000_000);
        assertThat(simple.get("iocp.packet.wait.histogram")
                        .tag("le", "0.00001")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(simple.get("iocp.packet.wait.percentile")
                        .tag("phi", "0.5")
                        .timeGauge()
                        .value(TimeUnit.NANOSECONDS))
                .isBetween(10_001.0, 11_500.0);
    }

    @Test
    void shouldBeInEachMemberOfAComposite() {
        SimpleMeterRegistry simple = new SimpleMeterRegistry();
        CompositeMeterRegistry composite = new CompositeMeterRegistry(Clock.SYSTEM);
        composite.add(simple);
        composite.add(prometheus);
        record(composite);
        assertThat(simple.get("iocp.packet.wait").functionTimer().count()).isEqualTo(3);
        assertThat(prometheus.scrape()).contains("iocp_packet_wait_seconds_count{port=\"default\"} 3");
    }

    private static MeterFilter distribution(DistributionStatisticConfig wanted) {
        return new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return wanted.merge(config);
            }
        };
    }
}
