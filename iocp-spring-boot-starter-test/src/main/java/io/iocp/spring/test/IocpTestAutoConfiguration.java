package io.iocp.spring.test;

import io.iocp.BlockingDetection;
import io.iocp.PortOptions;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.spring.autoconfigure.CompletionPortCustomizer;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import io.iocp.spring.client.TcpClients;
import io.iocp.spring.server.TcpServers;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Gives a test its clients, and the completion port the simulated network if the test has one. */
@AutoConfiguration(after = IocpAutoConfiguration.class)
final class IocpTestAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    IocpTestClients iocpTestClients(
            ObjectProvider<TcpServers> servers,
            ObjectProvider<TcpClients> clients,
            ObjectProvider<SimulatedNetwork> network,
            ObjectProvider<SslBundles> bundles,
            ObjectProvider<TestUpstreams> upstreams) {
        return new IocpTestClients(
                servers::getObject,
                clients::getObject,
                network.getIfAvailable(),
                bundles::getObject,
                upstreams.getIfAvailable(TestUpstreams::new));
    }

    /** Last: what the application's own customizers do, they do to a port of the test's network. */
    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    CompletionPortCustomizer simulatedNetworkCustomizer(ObjectProvider<SimulatedNetwork> network) {
        SimulatedNetwork simulated = network.getIfAvailable();
        return options -> simulated == null ? options : onSimulated(options, simulated);
    }

    private static PortOptions onSimulated(PortOptions options, SimulatedNetwork network) {
        PortOptions simulated = options.simulated(network);
        // Several shards, and looking for handlers that sleep, depend on how threads run.
        return network.takesTurns() ? simulated.concurrency(1).blockingDetection(BlockingDetection.OFF) : simulated;
    }
}
