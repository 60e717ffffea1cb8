package io.iocp.spring.autoconfigure.actuate;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.EventPublisher;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.EventsProperties;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.IocpProperties;
import io.iocp.spring.autoconfigure.PortListenerCustomizer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/** Auto-configuration of the log of events. Nothing is recorded where nobody can read it. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@Conditional(IocpEventLogAutoConfiguration.SomebodyReads.class)
@ConditionalOnBean({CompletionPort.class, IocpProperties.class})
public final class IocpEventLogAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    EventLog iocpEventLog(IocpProperties properties) {
        EventsProperties events = properties.events();
        events.check();
        return new EventLog(events.capacity(), events.sampleAbove(), events.maxWaiting());
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
    @ConditionalOnBooleanProperty("iocp.events.publish")
    EventPublisher iocpEventPublisher(EventLog log, ApplicationEventPublisher events) {
        return new EventPublisher(log, events);
    }

    /** The endpoint, or listeners in the application. */
    static final class SomebodyReads extends AnyNestedCondition {
        SomebodyReads() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnAvailableEndpoint(IocpEventsEndpoint.class)
        static final class Endpoint {}

        @ConditionalOnBooleanProperty("iocp.events.publish")
        static final class Published {}
    }
}
