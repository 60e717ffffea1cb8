package io.iocp.spring.autoconfigure;

import io.iocp.CompletionPort;
import io.iocp.spring.client.ClientSettings;
import io.iocp.spring.client.HostResolver;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.tls.TlsBundles;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** The clients of the properties. */
@Configuration(proxyBeanMethods = false)
@Import(ClientBeans.class)
class ClientConfiguration {

    @Bean
    @ConditionalOnMissingBean
    TcpClients iocpClients(
            IocpProperties properties,
            ObjectProvider<IocpClientConnectionDetails> details,
            ObjectProvider<CompletionPort> ports,
            HandlerRegistry registry,
            TlsBundles bundles,
            ObjectProvider<HostResolver> resolver,
            ObjectProvider<HandshakeListener> listeners,
            ObjectProvider<ConnectionListener> observers,
            ListableBeanFactory beans,
            ApplicationEventPublisher events,
            Environment environment) {
        Map<String, IocpClientConnectionDetails> byClient = new TreeMap<>();
        details.orderedStream().forEach(each -> byClient.putIfAbsent(each.client(), each));
        FramingBeans framings = new FramingBeans(beans);
        List<ClientSettings> settings = new ArrayList<>();
        properties
                .clients()
                .forEach((name, client) -> settings.add(client.settings(name, bundles, framings, byClient.get(name))));
        List<HandshakeListener> handshakes = listeners.orderedStream().toList();
        return new TcpClients(
                settings,
                ports.stream().toList(),
                registry,
                resolver.getIfAvailable(() -> host -> List.of(InetAddress.getAllByName(host))),
                () -> ThreadLocalRandom.current().nextDouble(),
                IocpAutoConfiguration.deadline(properties, environment),
                events::publishEvent,
                ConnectionListener.of(observers.orderedStream().toList()),
                ended -> handshakes.forEach(listener -> listener.ended(ended)));
    }
}
