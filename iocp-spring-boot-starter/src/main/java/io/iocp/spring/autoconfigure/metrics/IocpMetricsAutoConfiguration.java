package io.iocp.spring.autoconfigure.metrics;

import io.iocp.CompletionPort;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.autoconfigure.PortListenerCustomizer;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.handler.PortDispatcher;
import io.iocp.spring.metrics.ClientMeters;
import io.iocp.spring.metrics.HandshakeTimers;
import io.iocp.spring.metrics.PortMeters;
import io.iocp.spring.metrics.PortTimers;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.server.TcpServers;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the meters of completion ports, servers and handlers. */
@AutoConfiguration(
        after = IocpAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, CompletionPort.class})
public final class IocpMetricsAutoConfiguration {

    @Bean
    CompletionPortCustomizer iocpTimers(MeterRegistry registry) {
        return new PortListenerCustomizer(port -> new PortTimers(registry, port));
    }

    @Bean
    HandshakeTimers iocpHandshakeTimers(MeterRegistry registry) {
        return new HandshakeTimers(registry);
    }

    @Bean
    @ConditionalOnMissingBean
    ClientMeters iocpClientMeters(ObjectProvider<TcpClients> clients) {
        return new ClientMeters(
                clients.stream().flatMap(c -> c.clients().stream()).toList());
    }

    @Bean
    @ConditionalOnMissingBean
    PortMeters iocpMeters(
            ObjectProvider<CompletionPort> ports,
            ObjectProvider<TcpServers> servers,
            ObjectProvider<TcpClients> clients,
            ObjectProvider<HandlerRegistry> handlers) {
        List<CompletionPort> all = ports.stream().toList();
        Collection<TcpServer> listening =
                servers.stream().flatMap(s -> s.servers().stream()).toList();
        Map<String, PortDispatcher> dispatchers = new LinkedHashMap<>();
        handlers.ifAvailable(registry -> all.forEach(p -> dispatchers.put(p.name(), registry.dispatcher(p.name()))));
        Collection<TcpClient> connecting =
                clients.stream().flatMap(c -> c.clients().stream()).toList();
        return new PortMeters(all, listening, connecting, dispatchers);
    }
}
