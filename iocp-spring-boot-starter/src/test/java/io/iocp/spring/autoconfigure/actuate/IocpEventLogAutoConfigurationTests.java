package io.iocp.spring.autoconfigure.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.EventPublisher;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class IocpEventLogAutoConfigurationTests {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    IocpAutoConfiguration.class,
                    IocpEventLogAutoConfiguration.class,
                    IocpEventsEndpointAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1");

    @Test
    void whenNobodyReadsThenNothingIsRecorded() {
        application.run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(EventLog.class).doesNotHaveBean(EventPublisher.class);
            assertThat(context.getBean(CompletionPort.class).options().listener())
                    .isNull();
        });
    }

    @Test
    void whenPublishedThenThereIsALogWithoutAnEndpoint() {
        application
                .withPropertyValues("iocp.events.publish=true")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(EventLog.class)
                        .hasSingleBean(EventPublisher.class)
                        .doesNotHaveBean(IocpEventsEndpoint.class));
    }

    @Test
    void whenExposedThenNothingIsPublishedUnlessAskedFor() {
        application
                .withPropertyValues("management.endpoints.jmx.exposure.include=iocpevents", "spring.jmx.enabled=true")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(EventLog.class)
                        .hasSingleBean(IocpEventsEndpoint.class)
                        .doesNotHaveBean(EventPublisher.class));
    }

    @Test
    void whenThereIsNoPortThenItBacksOff() {
        application
                .withPropertyValues("iocp.enabled=false", "iocp.events.publish=true")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(EventLog.class));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "iocp.events.capacity=0",
                "iocp.events.capacity=1000001",
                "iocp.events.sample-above=-1",
                "iocp.events.max-waiting=-1",
                "iocp.events.max-waiting=1001"
            })
    void whenANumberIsOutOfItsBoundsThenTheStartFailsAndNamesTheKey(String property) {
        application
                .withPropertyValues("iocp.events.publish=true", property)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining(property.substring(0, property.indexOf('='))));
    }
}
