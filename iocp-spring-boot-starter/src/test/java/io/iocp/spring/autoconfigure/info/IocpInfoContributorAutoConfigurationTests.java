package io.iocp.spring.autoconfigure.info;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.actuate.IocpInfoContributor;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class IocpInfoContributorAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(IocpAutoConfiguration.class, IocpInfoContributorAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1", "iocp.servers.echo.port=0");

    @Test
    void whenThereIsAPortThenInfoHasItsEngineAndItsServers() {
        application.run(context -> {
            Info.Builder builder = new Info.Builder();
            context.getBean(IocpInfoContributor.class).contribute(builder);
            assertThat(builder.build().get("iocp"))
                    .asString()
                    .contains("engine=nio", "reason=chosen by configuration", "echo");
        });
    }

    @Test
    void whenDisabledThenItBacksOff() {
        application
                .withPropertyValues("management.info.iocp.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpInfoContributor.class));
    }

    @Test
    void whenThereIsNoPortThenItBacksOff() {
        application
                .withPropertyValues("iocp.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpInfoContributor.class));
    }

    @Test
    void whenTheActuatorIsMissingThenItBacksOff() {
        application
                .withClassLoader(new FilteredClassLoader(InfoContributor.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("iocpInfoContributor"));
    }
}
