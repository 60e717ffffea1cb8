package io.iocp.spring.autoconfigure.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.health.IocpHealthContributor;
import io.iocp.spring.health.WholeHealth;
import io.iocp.spring.server.TcpServers;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class IocpHealthContributorAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(IocpAutoConfiguration.class, IocpHealthContributorAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1", "iocp.servers.echo.port=0");

    @Test
    void whenEverythingRunsThenHealthIsUpWithTheEngineAndItsReason() {
        application.run(context -> {
            Health health = WholeHealth.of(context.getBean(IocpHealthContributor.class));
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails().get("ports"))
                    .asString()
                    .contains("default", "engine=nio", "reason=chosen by configuration");
            assertThat(health.getDetails().get("servers")).asString().contains("echo", "listening");
        });
    }

    @Test
    void whenThePortIsClosedThenHealthIsDown() {
        application.run(context -> {
            context.getBean(CompletionPort.class).close();
            Health health = WholeHealth.of(context.getBean(IocpHealthContributor.class));
            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void whenAServerDoesNotListenThenHealthIsDown() {
        application.run(context -> {
            context.getBean(TcpServers.class).stop();
            Health health = WholeHealth.of(context.getBean(IocpHealthContributor.class));
            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void whenDisabledThenTheIndicatorBacksOff() {
        application
                .withPropertyValues("management.health.iocp.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpHealthContributor.class));
    }

    @Test
    void whenThereIsNoPortThenTheIndicatorBacksOff() {
        application
                .withPropertyValues("iocp.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpHealthContributor.class));
    }
}
