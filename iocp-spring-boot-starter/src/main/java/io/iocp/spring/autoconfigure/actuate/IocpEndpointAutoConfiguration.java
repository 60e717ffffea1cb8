package io.iocp.spring.autoconfigure.actuate;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.IocpEndpoint;
import io.iocp.spring.actuate.IocpEndpointWebExtension;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.server.TcpServers;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the endpoint {@code iocp}. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(IocpEndpoint.class)
@ConditionalOnBean(CompletionPort.class)
public final class IocpEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpEndpoint iocpEndpoint(
            ObjectProvider<CompletionPort> ports,
            ObjectProvider<TcpServers> servers,
            ObjectProvider<TcpClients> clients,
            ObjectProvider<HandlerRegistry> handlers,
            ApplicationEventPublisher events) {
        return new IocpEndpoint(
                ports.stream().toList(),
                servers.stream().flatMap(s -> s.servers().stream()).toList(),
                clients.stream().flatMap(c -> c.clients().stream()).toList(),
                () -> handlers.stream().flatMap(r -> r.handlers().stream()).toList(),
                events);
    }

    @Bean
    @ConditionalOnMissingBean
    IocpEndpointWebExtension iocpEndpointWebExtension(IocpEndpoint endpoint) {
        return new IocpEndpointWebExtension(endpoint);
    }
}
