package io.iocp.spring.client;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.PortEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.IocpClientConnectionDetails;
import io.iocp.spring.autoconfigure.actuate.IocpEventLogAutoConfiguration;
import io.iocp.spring.autoconfigure.health.IocpClientsHealthContributorAutoConfiguration;
import io.iocp.spring.autoconfigure.metrics.IocpMetricsAutoConfiguration;
import io.iocp.spring.connection.UnknownPortException;
import io.iocp.spring.handler.UnknownTargetException;
import io.iocp.spring.metrics.ClientMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Clients as beans, and what operators see of them. */
class TcpClientsAutoConfigurationTest {

    private static final ApplicationContextRunner APPLICATION = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    IocpAutoConfiguration.class,
                    IocpClientsHealthContributorAutoConfiguration.class,
                    IocpMetricsAutoConfiguration.class,
                    IocpEventLogAutoConfiguration.class))
            .withBean(SimpleMeterRegistry.class)
            .withPropertyValues(
                    "management.endpoints.web.exposure.include=*",
                    "iocp.clients.up.host=127.0.0.1",
                    "iocp.clients.up.reconnect.initial-delay=2ms",
                    "iocp.clients.up.reconnect.max-delay=40ms",
                    "iocp.concurrency=1",
                    "iocp.engine=nio");

    record Two(
            @Qualifier("up") TcpClient up,
            @Qualifier("other") TcpClient other) {}

    record One(TcpClient only) {}

    @Test
    void shouldInjectByName() {
        APPLICATION
                .withPropertyValues(
                        "iocp.clients.up.enabled=false",
                        "iocp.clients.other.enabled=false",
                        "iocp.clients.other.host=nowhere.test")
                .withBean(Two.class)
                .run(context -> {
                    Two two = context.getBean(Two.class);
                    assertThat(two.up().name()).isEqualTo("up");
                    assertThat(two.other().name()).isEqualTo("other");
                    assertThat(two.other()).isSameAs(context.getBean("otherIocpClient"));
                    assertThat(two.up().send("x"))
                            .failsWithin(1, TimeUnit.SECONDS)
                            .withThrowableThat()
                            .withMessageContaining("iocp.clients.up.enabled=true");
                    TcpClients clients = context.getBean(TcpClients.class);
                    assertThatThrownBy(() -> clients.client("third"))
                            .isInstanceOf(UnknownClientException.class)
                            .hasMessageContaining("[other, up]");
                });
    }

    @Test
    void shouldInjectTheOnlyOneByType() {
        APPLICATION
                .withPropertyValues("iocp.clients.up.port=7")
                .withBean(One.class)
                .run(context ->
                        assertThat(context.getBean(One.class).only().name()).isEqualTo("up"));
    }

    @Test
    void shouldShowHealthMetersAndEvents() throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            APPLICATION
                    .withPropertyValues(
                            "iocp.clients.up.port=" + server.port(),
                            "iocp.clients.up.connections=2",
                            "iocp.clients.up.health.min-up=2")
                    .run(context -> {
                        await().until(() -> health(context).getStatus().equals(Status.UP));
                        assertThat(health(context).getDetails())
                                .containsEntry("up", 2L)
                                .containsEntry("connections", 2);
                        MeterRegistry meters = context.getBean(MeterRegistry.class);
                        context.getBean(ClientMeters.class).bindTo(meters);
                        assertThat(meters.get("iocp.clients.connections")
                                        .tags("client", "up", "state", "up")
                                        .gauge()
                                        .value())
                                .isEqualTo(2);
                        server.leave();
                        await().until(() -> health(context).getStatus().equals(Status.DOWN));
                        await().until(() -> meters.get("iocp.clients.connects")
                                        .tags("client", "up", "outcome", "refused")
                                        .functionCounter()
                                        .count()
                                > 2);
                        assertThat(meters.get("iocp.clients.connects")
                                        .tags("client", "up", "outcome", "success")
                                        .functionCounter()
                                        .count())
                                .isGreaterThanOrEqualTo(2); // one more may have been in the backlog
                        assertThat(meters.get("iocp.clients.reconnects")
                                        .tag("client", "up")
                                        .functionCounter()
                                        .count())
                                .isPositive();
                        assertThat(health(context).getDetails()).containsKey("lastFailure");
                        assertThat(context.getBean(EventLog.class).events())
                                .filteredOn(event -> "up".equals(event.key()))
                                .extracting(PortEvent::type)
                                .contains("clientConnected", "clientLost");
                    });
        }
    }

    private static Health health(ApplicationContext context) {
        CompositeHealthContributor all = context.getBean(CompositeHealthContributor.class);
        return requireNonNull(((HealthIndicator) requireNonNull(all.getContributor("up"))).health());
    }

    @Test
    void shouldConnectWhereTheConnectionDetailsSay() throws Exception {
        try (PlainServer server = new PlainServer(PlainServer.ECHO)) {
            APPLICATION
                    .withPropertyValues("iocp.clients.up.host=nowhere.test", "iocp.clients.up.port=7")
                    .withBean(
                            IocpClientConnectionDetails.class,
                            () -> IocpClientConnectionDetails.of(
                                    "up", () -> ClientAddress.of("127.0.0.1", server.port())))
                    .run(context -> {
                        TcpClient client = context.getBean(TcpClient.class);
                        await().until(() -> client.connections(ClientState.UP) == 1);
                        assertThat(client.connects(ConnectOutcome.UNKNOWN_HOST)).isZero();
                    });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "iocp.clients.up.host, '', iocp.clients.up.host, name or address",
        "iocp.clients.up.port, 0, iocp.clients.up.port, 65535",
        "iocp.clients.up.unix-socket, /tmp/x, iocp.clients.up.unix-socket, together",
        "iocp.clients.up.connections, 0, iocp.clients.up.connections, from 1",
        "iocp.clients.up.health.min-up, 2, iocp.clients.up.health.min-up, to 1",
        "iocp.clients.up.connect-timeout, 0s, iocp.clients.up.connect-timeout, positive",
        "iocp.clients.up.receive-buffer-size, 1B, iocp.clients.up.receive-buffer-size, from 16",
        "iocp.clients.up.reconnect.initial-delay, 0s, iocp.clients.up.reconnect.initial-delay, positive",
        "iocp.clients.up.reconnect.max-delay, 1ms, iocp.clients.up.reconnect.max-delay, initial-delay",
        "iocp.clients.up.reconnect.multiplier, 0.5, iocp.clients.up.reconnect.multiplier, from 1",
        "iocp.clients.up.reconnect.jitter, 2, iocp.clients.up.reconnect.jitter, to 1",
        "iocp.clients.up.send.high-water-mark, 0B, iocp.clients.up.send.high-water-mark, from 1",
        "iocp.clients.up.socket.keep-alive.idle, 1ms, iocp.clients.up.socket.keep-alive, ''",
        "iocp.clients.up.ssl.server-name, a.test, iocp.clients.up.ssl.bundle, would not use TLS"
    })
    void shouldRefuseWhatMakesNoSense(String key, String value, String named, String reason) {
        APPLICATION
                .withPropertyValues("iocp.clients.up.port=7", key + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, e -> {
                            assertThat(e.getName()).isEqualTo(named);
                            assertThat(e.getReason()).contains(reason);
                        }));
    }

    @Test
    void shouldNameTheKeyOfAnUnknownPort() {
        APPLICATION
                .withPropertyValues("iocp.clients.up.port=7", "iocp.clients.up.completion-port=nowhere")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOfSatisfying(UnknownPortException.class, e -> {
                            assertThat(e.key()).isEqualTo("iocp.clients.up.completion-port");
                            assertThat(e.owner()).isEqualTo("client 'up'");
                        }));
    }

    static class Lost {
        @IoCompletionHandler(client = "down")
        void received(String text) {}
    }

    @Test
    void shouldRefuseAHandlerOfAnUnknownClient() {
        APPLICATION
                .withPropertyValues("iocp.clients.up.port=7")
                .withBean(Lost.class)
                .run(context -> assertThat(context.getStartupFailure())
                        .isInstanceOf(UnknownTargetException.class)
                        .hasMessageContainingAll("client 'down'", "[up]"));
    }
}
