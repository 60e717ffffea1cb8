package io.iocp.spring.autoconfigure.observation;

import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.PortListenerCustomizer;
import io.iocp.spring.observation.HandlerObservationConvention;
import io.iocp.spring.observation.HandlerObservations;
import io.iocp.spring.observation.ObservedPosts;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Auto-configuration of observations of handlers, for whoever asks for them. */
@AutoConfiguration(
        before = IocpAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean(ObservationRegistry.class)
@ConditionalOnBooleanProperty(name = "iocp.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty("iocp.observation-enabled")
public final class IocpObservationAutoConfiguration {
    /** Outside of the application's decorators, so that what these do is observed too. */
    private static final int FIRST = Ordered.HIGHEST_PRECEDENCE + 1000;

    @Bean
    @ConditionalOnMissingBean
    @Order(FIRST)
    HandlerObservations iocpHandlerObservations(
            ObservationRegistry registry, ObjectProvider<HandlerObservationConvention> convention) {
        return new HandlerObservations(registry, convention.getIfAvailable());
    }

    @Bean
    PortListenerCustomizer iocpObservedPosts(ObservationRegistry registry) {
        return new PortListenerCustomizer(_ -> new ObservedPosts(registry));
    }
}
