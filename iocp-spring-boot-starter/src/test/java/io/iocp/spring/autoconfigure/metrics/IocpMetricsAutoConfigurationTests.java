package io.iocp.spring.autoconfigure.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.metrics.PortMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class IocpMetricsAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(IocpAutoConfiguration.class, IocpMetricsAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1", "iocp.servers.echo.port=0");

    private final ApplicationContextRunner measured = application
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
            .withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class));

    @Test
    void whenThereIsNoMeterRegistryThenMetricsBackOff() {
        application.run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(PortMeters.class);
            assertThat(context.getBean(CompletionPort.class).options().listener())
                    .isNull();
        });
    }

    @Test
    void whenThereIsAMeterRegistryThenItHasEveryMeter() {
        measured.withBean(Jobs.class).run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            context.getBean(CompletionPort.class).post("jobs", null);
            await().until(() -> !registry.getMeters().isEmpty()
                    && registry.find("iocp.handler").functionTimer() != null);

            for (String name : List.of(
                    "iocp.queue.depth",
                    "iocp.posts",
                    "iocp.post.wait",
                    "iocp.operations.started",
                    "iocp.operations.completed",
                    "iocp.operations.in.flight",
                    "iocp.packet.wait",
                    "iocp.handler",
                    "iocp.workers",
                    "iocp.workers.all.blocked",
                    "iocp.shard.handovers",
                    "iocp.handlers.learned",
                    "iocp.connections.active",
                    "iocp.connections.opened",
                    "iocp.connections.closed",
                    "iocp.connections.rejected",
                    "iocp.bytes.received",
                    "iocp.bytes.sent",
                    "iocp.bytes.read",
                    "iocp.bytes.written",
                    "iocp.memory.used",
                    "iocp.engine.info")) {
                assertThat(registry.find(name).tag("port", "default").meters())
                        .as(name)
                        .isNotEmpty();
            }
            assertThat(registry.get("iocp.posts")
                            .tag("outcome", "accepted")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("iocp.post.wait").functionTimer().count()).isEqualTo(1);
            assertThat(registry.get("iocp.handler")
                            .tag("handler", "jobs")
                            .tag("server", "none")
                            .functionTimer()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("iocp.engine.info")
                            .tag("engine", "nio")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        });
    }

    @Test
    void whenBucketsAreConfiguredAsForAnyTimerThenPrometheusHasThem() {
        application
                .withBean(PrometheusMeterRegistry.class, () -> new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))
                .withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class))
                .withBean(Jobs.class)
                .withPropertyValues(
                        "management.metrics.distribution.slo.iocp.handler=2ms,3s",
                        "management.metrics.enable.iocp.post.wait=false",
                        "management.metrics.tags.application=demo")
                .run(context -> {
                    PrometheusMeterRegistry registry = context.getBean(PrometheusMeterRegistry.class);
                    context.getBean(CompletionPort.class).post("jobs", null);
                    await().until(() -> registry.scrape().contains("iocp_handler_seconds_count"));
                    assertThat(registry.scrape().lines().filter(line -> line.startsWith("iocp_handler_seconds_bucket")))
                            .hasSize(3)
                            .allMatch(
                                    line -> line.contains("application=\"demo\"") && line.contains("handler=\"jobs\""))
                            .anyMatch(line -> line.contains("le=\"0.002\""))
                            .anyMatch(line -> line.contains("le=\"3.0\""));
                    assertThat(registry.scrape()).doesNotContain("iocp_post_wait");
                });
    }

    static class Jobs {
        @IoCompletionHandler(channel = "jobs", id = "jobs")
        void job() {}
    }
}
