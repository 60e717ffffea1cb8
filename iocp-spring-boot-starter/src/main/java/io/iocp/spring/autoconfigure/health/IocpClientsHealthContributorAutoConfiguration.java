package io.iocp.spring.autoconfigure.health;

import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.health.ClientHealthIndicator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the health of clients: {@code iocpClients}, with a component for each that is enabled. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnEnabledHealthIndicator("iocp-clients")
@ConditionalOnBean({TcpClients.class, TcpClient.class})
public final class IocpClientsHealthContributorAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "iocpClientsHealthContributor")
    CompositeHealthContributor iocpClientsHealthContributor(TcpClients clients) {
        Map<String, HealthContributor> byName = new LinkedHashMap<>();
        clients.clients().stream()
                .filter(client -> client.settings().enabled())
                .forEach(client -> byName.put(client.name(), new ClientHealthIndicator(client)));
        return CompositeHealthContributor.fromMap(byName);
    }
}
