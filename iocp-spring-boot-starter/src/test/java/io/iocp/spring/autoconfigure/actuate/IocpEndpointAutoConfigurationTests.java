package io.iocp.spring.autoconfigure.actuate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.IocpEndpoint;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.actuate.PortEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

class IocpEndpointAutoConfigurationTests {
    private final WebApplicationContextRunner application = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    IocpAutoConfiguration.class,
                    IocpEndpointAutoConfiguration.class,
                    IocpEventLogAutoConfiguration.class,
                    IocpEventLogAutoConfiguration.class,
                    IocpEventsEndpointAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1", "iocp.servers.echo.port=0");

    private final WebApplicationContextRunner exposed =
            application.withPropertyValues("management.endpoints.web.exposure.include=iocp,iocpevents");

    @Test
    void whenNotExposedThenEndpointsBackOffAndNothingIsRecorded() {
        application.run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(IocpEndpoint.class)
                    .doesNotHaveBean(IocpEventsEndpoint.class)
                    .doesNotHaveBean(EventLog.class);
            assertThat(context.getBean(CompletionPort.class).options().listener())
                    .isNull();
        });
    }

    @Test
    void whenThereIsNoPortThenEndpointsBackOff() {
        exposed.withPropertyValues("iocp.enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(IocpEndpoint.class)
                        .doesNotHaveBean(IocpEventsEndpoint.class));
    }

    @Test
    void whenExposedThenTheEndpointShowsEngineWorkersAndServers() {
        exposed.run(context -> {
            IocpEndpoint endpoint = context.getBean(IocpEndpoint.class);
            IocpEndpoint.Port port = requireNonNull(endpoint.port("default"));
            assertThat(port.state()).isEqualTo("open");
            assertThat(port.engine().name()).isEqualTo("nio");
            assertThat(port.engine().reason()).isEqualTo("chosen by configuration");
            assertThat(port.concurrency()).isEqualTo(1);
            assertThat(port.workers()).containsKeys("running", "blocked", "parked", "max");
            assertThat(port.inFlight()).containsKeys("accept", "receive", "send", "post");
            assertThat(port.shards()).hasSize(1);
            assertThat(port.servers().get("echo"))
                    .isNotNull()
                    .extracting(IocpEndpoint.Server::state)
                    .isEqualTo("listening");
            assertThat(endpoint.ports().ports()).containsOnlyKeys("default");
            assertThat(endpoint.port("other")).isNull();
        });
    }

    @Test
    void whenPacketsArePostedThenTheirEventsAreThereNewestFirst() {
        exposed.withBean(Jobs.class).run(context -> {
            CompletionPort port = context.getBean(CompletionPort.class);
            port.post("jobs", "fine");
            port.post("jobs", "bad");
            IocpEventsEndpoint endpoint = context.getBean(IocpEventsEndpoint.class);
            await().until(() ->
                    types(endpoint).stream().filter("postCompletion"::equals).count() == 2);

            List<PortEvent> events = endpoint.events().events();
            assertThat(events)
                    .isSortedAccordingTo(
                            Comparator.comparingLong(PortEvent::sequence).reversed());
            assertThat(types(endpoint)).contains("serverStarted", "handlerFailed");
            assertThat(events)
                    .filteredOn(e -> e.type().equals("postCompletion"))
                    .allSatisfy(e -> {
                        assertThat(e.key()).isEqualTo("jobs");
                        assertThat(e.waitNanos()).isNotNull().isNotNegative();
                        assertThat(e.handlerNanos()).isNotNull().isNotNegative();
                    });
        });
    }

    private static List<String> types(IocpEventsEndpoint endpoint) {
        return endpoint.events().events().stream().map(PortEvent::type).toList();
    }

    @Test
    void whenMoreHappensThanIsSampledThenTheRestIsCounted() {
        exposed.withBean(Jobs.class)
                .withPropertyValues("iocp.events.capacity=16", "iocp.events.sample-above=3")
                .run(context -> {
                    CompletionPort port = context.getBean(CompletionPort.class);
                    for (int i = 0; i < 100; i++) {
                        port.post("jobs", "fine");
                    }
                    await().until(() -> port.stats().queueDepth() == 0
                            && port.stats().inFlight().values().stream().noneMatch(n -> n > 1));
                    IocpEventsEndpoint endpoint = context.getBean(IocpEventsEndpoint.class);
                    await().until(() -> endpoint.events().sampling().sampledOut() > 0);
                    assertThat(endpoint.events().events()).hasSizeLessThanOrEqualTo(16);
                    assertThat(endpoint.events().capacity()).isEqualTo(16);
                    assertThat(endpoint.events().sampling().mostInSecond()).isEqualTo(3);
                });
    }

    static class Jobs {
        @IoCompletionHandler(channel = "jobs")
        void job(String job) {
            if (job.equals("bad")) {
                throw new IllegalArgumentException("as asked");
            }
        }
    }
}
