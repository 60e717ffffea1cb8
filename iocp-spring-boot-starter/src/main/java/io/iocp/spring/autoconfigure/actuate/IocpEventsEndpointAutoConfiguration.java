package io.iocp.spring.autoconfigure.actuate;

import io.iocp.spring.actuate.EventLog;
import io.iocp.spring.actuate.IocpEventsEndpoint;
import io.iocp.spring.actuate.IocpEventsEndpointWebExtension;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the endpoint {@code iocpevents}. */
@AutoConfiguration(after = IocpEventLogAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(IocpEventsEndpoint.class)
@ConditionalOnBean(EventLog.class)
public final class IocpEventsEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpEventsEndpoint iocpEventsEndpoint(EventLog log) {
        return new IocpEventsEndpoint(log);
    }

    @Bean
    @ConditionalOnMissingBean
    IocpEventsEndpointWebExtension iocpEventsEndpointWebExtension(IocpEventsEndpoint endpoint) {
        return new IocpEventsEndpointWebExtension(endpoint);
    }
}
