package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.IocpEndpoint;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.actuate.PortEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.actuate.IocpEndpointAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventLogAutoConfiguration;
import io.iocp.spring.autoconfigure.actuate.IocpEventsEndpointAutoConfiguration;
import io.iocp.spring.autoconfigure.health.IocpHealthContributorAutoConfiguration;
import io.iocp.spring.autoconfigure.metrics.IocpMetricsAutoConfiguration;
import io.iocp.spring.health.IocpHealthContributor;
import io.iocp.spring.health.WholeHealth;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

/** What the application is told of handlers that block without saying so. */
class BlockingHandlersAutoConfigurationTests {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final WebApplicationContextRunner application = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    IocpAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    IocpMetricsAutoConfiguration.class,
                    IocpHealthContributorAutoConfiguration.class,
                    IocpEndpointAutoConfiguration.class,
                    IocpEventLogAutoConfiguration.class,
                    IocpEventsEndpointAutoConfiguration.class))
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
            .withBean("gate", Gate.class)
            .withPropertyValues(
                    "iocp.engine=nio",
                    "iocp.concurrency=1",
                    "management.endpoints.web.exposure.include=iocp,iocpevents");

    /** A handler that waits until the test lets it go on. */
    static class Gate {
        private final Semaphore open = new Semaphore(0);
        private final Semaphore entered = new Semaphore(0);

        @IoCompletionHandler(channel = "gate")
        void pass() throws InterruptedException {
            entered.release();
            open.acquire();
        }
    }

    @Test
    void whenAHandlerBlocksWithoutSayingSoThenTheHandOverIsCountedAndTold() {
        application
                .withPropertyValues("iocp.workers.max=4", "iocp.workers.blocking-detection=hand-over")
                .run(context -> {
                    Gate gate = context.getBean(Gate.class);
                    CompletionPort port = context.getBean(CompletionPort.class);
                    port.post("gate", null);
                    await().atMost(PATIENCE).until(() -> port.stats().handOvers() == 1);
                    await().atMost(PATIENCE)
                            .until(() -> eventsOf(context.getBean(IocpEventsEndpoint.class), "handover")
                                            .size()
                                    == 1);
                    IocpEndpoint.Blocking blocking = requireNonNull(
                                    context.getBean(IocpEndpoint.class).port("default"))
                            .blocking();
                    gate.open.release();

                    assertThat(blocking.detection()).isEqualTo("hand-over");
                    assertThat(blocking.handOvers()).isEqualTo(1);
                    assertThat(blocking.learnedHandlers()).isEmpty();
                    assertThat(eventsOf(context.getBean(IocpEventsEndpoint.class), "handover")
                                    .getFirst()
                                    .detail())
                            .contains("gate.pass", "has not said that it blocks");
                    MeterRegistry meters = context.getBean(MeterRegistry.class);
                    await().atMost(PATIENCE)
                            .until(() -> meters.get("iocp.shard.handovers")
                                            .tag("port", "default")
                                            .functionCounter()
                                            .count()
                                    == 1);
                });
    }

    @Test
    void whenAHandlerBlocksAgainAndAgainThenItIsLearnedByItsId() {
        application.withPropertyValues("iocp.workers.max=4").run(context -> {
            Gate gate = context.getBean(Gate.class);
            CompletionPort port = context.getBean(CompletionPort.class);
            await().atMost(PATIENCE).until(() -> {
                long before = port.stats().handOvers();
                port.post("gate", null);
                gate.entered.acquire();
                await().atMost(PATIENCE)
                        .until(() -> port.stats().handOvers() > before
                                || !port.stats().learnedHandlers().isEmpty());
                gate.open.release();
                return !port.stats().learnedHandlers().isEmpty();
            });

            assertThat(requireNonNull(context.getBean(IocpEndpoint.class).port("default"))
                            .blocking()
                            .learnedHandlers())
                    .containsExactly("gate.pass");
            await().atMost(PATIENCE)
                    .until(() -> eventsOf(context.getBean(IocpEventsEndpoint.class), "blockingHandler")
                                    .size()
                            == 1);
            assertThat(eventsOf(context.getBean(IocpEventsEndpoint.class), "blockingHandler")
                            .getFirst()
                            .detail())
                    .contains("gate.pass", "blocking = true");
        });
    }

    @Test
    void whenEveryWorkerIsBlockedThenHealthIsUpAndItsDetailsSaySo() {
        application.withPropertyValues("iocp.workers.max=2").run(context -> {
            Gate gate = context.getBean(Gate.class);
            CompletionPort port = context.getBean(CompletionPort.class);
            assertThat(health(context.getBean(IocpHealthContributor.class)).getDetails())
                    .asString()
                    .doesNotContain("workers");
            port.post("gate", null);
            port.post("gate", null);
            await().atMost(PATIENCE).until(() -> port.stats().allBlocked() > 0);
            await().atMost(PATIENCE)
                    .until(() -> !eventsOf(context.getBean(IocpEventsEndpoint.class), "allBlocked")
                            .isEmpty());
            Health whileBlocked = health(context.getBean(IocpHealthContributor.class));
            gate.open.release(2);

            assertThat(whileBlocked.getStatus()).isEqualTo(Status.UP);
            assertThat(whileBlocked.getDetails()).asString().contains("all 2 are kept by handlers", "iocp.workers.max");
            assertThat(eventsOf(context.getBean(IocpEventsEndpoint.class), "allBlocked")
                            .getFirst()
                            .detail())
                    .contains("iocp.workers.max");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(health(context.getBean(IocpHealthContributor.class))
                                    .getDetails())
                            .asString()
                            .doesNotContain("workers"));
        });
    }

    private static Health health(IocpHealthContributor indicator) {
        return WholeHealth.of(indicator);
    }

    private static List<PortEvent> eventsOf(IocpEventsEndpoint endpoint, String type) {
        return endpoint.events().events().stream()
                .filter(event -> event.type().equals(type))
                .toList();
    }
}
