package io.iocp.spring.autoconfigure.actuate;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.IocpDashboardEndpoint;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the endpoint {@code iocpdashboard}. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(endpoint = IocpDashboardEndpoint.class, exposure = EndpointExposure.WEB)
@ConditionalOnBean(CompletionPort.class)
public final class IocpDashboardEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpDashboardEndpoint iocpDashboardEndpoint() {
        return new IocpDashboardEndpoint();
    }
}
