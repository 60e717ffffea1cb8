package io.iocp.spring.autoconfigure.actuate;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.IocpProperties;
import io.iocp.spring.autoconfigure.PortListenerCustomizer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the endpoint {@code iocpevents}. Nothing is recorded where nobody can read it. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(IocpEventsEndpoint.class)
@ConditionalOnBean({CompletionPort.class, IocpProperties.class})
public final class IocpEventsEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    EventLog iocpEventLog(IocpProperties properties) {
        IocpProperties.Events events = properties.events();
        if (events.capacity() < 1 || events.capacity() > 1_000_000) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.events.capacity", events.capacity(), "Must be from 1 to 1000000.");
        }
        if (events.sampleAbove() < 0) {
            throw new InvalidConfigurationPropertyValueException(
                    "iocp.events.sample-above", events.sampleAbove(), "Must be 0 or more.");
        }
        return new EventLog(events.capacity(), events.sampleAbove());
    }

    @Bean
    CompletionPortCustomizer iocpEventRecorder(EventLog log) {
        return new PortListenerCustomizer(log::listener);
    }

    @Bean
    SmartInitializingSingleton iocpEngineFallbackRecorder(EventLog log, ObjectProvider<CompletionPort> ports) {
        return () -> ports.forEach(log::opened);
    }

    @Bean
    @ConditionalOnMissingBean
    IocpEventsEndpoint iocpEventsEndpoint(EventLog log) {
        return new IocpEventsEndpoint(log);
    }
}
