package io.iocp.spring.autoconfigure.health;

import io.iocp.CompletionPort;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.health.IocpHealthContributor;
import io.iocp.spring.server.TcpServers;
import io.iocp.spring.tls.TlsBundles;
import java.time.InstantSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the health of completion ports and servers. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnEnabledHealthIndicator("iocp")
@ConditionalOnBean(CompletionPort.class)
public final class IocpHealthContributorAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = {"iocpHealthContributor", "iocpHealthIndicator"})
    IocpHealthContributor iocpHealthContributor(
            ObjectProvider<CompletionPort> ports,
            ObjectProvider<TcpServers> servers,
            ObjectProvider<TlsBundles> bundles) {
        return new IocpHealthContributor(
                ports.stream().toList(),
                servers.stream().flatMap(s -> s.servers().stream()).toList(),
                bundles.getIfAvailable(),
                InstantSource.system());
    }
}
