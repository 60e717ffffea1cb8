package io.iocp.spring.autoconfigure.actuate;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.IocpDashboardEndpoint;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;

/** Auto-configuration of the endpoint {@code iocpdashboard}. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(endpoint = IocpDashboardEndpoint.class, exposure = EndpointExposure.WEB)
@ConditionalOnBean(CompletionPort.class)
@ImportRuntimeHints(IocpDashboardEndpointAutoConfiguration.PageHints.class)
public final class IocpDashboardEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpDashboardEndpoint iocpDashboardEndpoint() {
        return new IocpDashboardEndpoint();
    }

    /** A native image holds no resource that nobody asked for. */
    static final class PageHints implements RuntimeHintsRegistrar {
        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.resources().registerPattern("io/iocp/spring/actuate/dashboard.*");
        }
    }
}
