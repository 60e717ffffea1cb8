package io.iocp.spring.autoconfigure.info;

import io.iocp.CompletionPort;
import io.iocp.spring.actuate.IocpInfoContributor;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.server.TcpServers;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of what the endpoint {@code info} says about ports; {@code management.info.iocp.enabled=false} leaves it out. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
@ConditionalOnClass({InfoContributor.class, ConditionalOnEnabledInfoContributor.class})
@ConditionalOnEnabledInfoContributor("iocp")
@ConditionalOnBean(CompletionPort.class)
public final class IocpInfoContributorAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpInfoContributor iocpInfoContributor(ObjectProvider<CompletionPort> ports, ObjectProvider<TcpServers> servers) {
        return new IocpInfoContributor(
                ports.stream().toList(),
                servers.stream().flatMap(s -> s.servers().stream()).toList());
    }
}
