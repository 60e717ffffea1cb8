package io.iocp.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.spring.server.TcpServers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/**
 * What an application gets that excludes a dependency of the starter. All auto-configuration is read from class files here, as
 * in an application: annotations whose classes are missing are then no hindrance.
 */
class MissingClassesAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withUserConfiguration(Application.class)
            .withPropertyValues(
                    "iocp.engine=nio",
                    "iocp.concurrency=1",
                    "iocp.servers.echo.port=0",
                    "management.endpoints.web.exposure.include=*",
                    "management.endpoints.jmx.exposure.include=*");

    @Configuration(proxyBeanMethods = false)
    @Import(AutoConfigurationOfTheStarter.class)
    static class Application {}

    static class AutoConfigurationOfTheStarter implements ImportSelector {
        @Override
        public String[] selectImports(AnnotationMetadata importing) {
            return ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()).getCandidates().stream()
                    .filter(name -> name.startsWith("io.iocp."))
                    // The one that the others come after has the shortest name.
                    .sorted(Comparator.comparingInt(String::length))
                    .toArray(String[]::new);
        }
    }

    @Test
    void whenNothingIsMissingThenEverythingIsThere() {
        application
                .withBean(SimpleMeterRegistry.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(CompletionPort.class)
                        .hasBean("iocpEndpoint")
                        .hasBean("iocpEventsEndpoint")
                        .hasBean("iocpDashboardEndpoint")
                        .hasBean("iocpEventLog")
                        .hasBean("iocpInfoContributor")
                        .hasBean("iocpHealthContributor")
                        .hasBean("iocpMeters"));
    }

    @Test
    void whenActuatorIsMissingThenEndpointsBackOff() {
        application
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(TcpServers.class)
                        .doesNotHaveBean("iocpEndpoint")
                        .doesNotHaveBean("iocpEventsEndpoint")
                        .doesNotHaveBean("iocpDashboardEndpoint")
                        .doesNotHaveBean("iocpInfoContributor")
                        .doesNotHaveBean("iocpEventLog"));
    }

    @Test
    void whenHealthIsMissingThenTheIndicatorBacksOff() {
        application
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(TcpServers.class)
                        .doesNotHaveBean("iocpHealthContributor"));
    }

    @Test
    void whenMicrometerIsMissingThenMetersBackOff() {
        application
                .withClassLoader(new FilteredClassLoader("io.micrometer", "org.springframework.boot.micrometer"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(TcpServers.class)
                        .doesNotHaveBean("iocpMeters")
                        .doesNotHaveBean("iocpTimers"));
    }

    @Test
    void whenAllOfThemAreMissingThenThePortWorksAllTheSame() {
        application
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.actuate",
                        "org.springframework.boot.health",
                        "io.micrometer",
                        "org.springframework.boot.micrometer"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(TcpServers.class));
    }
}
