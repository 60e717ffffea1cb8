package io.iocp.spring.health;

import io.iocp.CompletionPort;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.tls.TlsBundles;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;

/**
 * Health of everything here, each part for itself: {@code health/iocp/ports/default}, {@code health/iocp/servers/echo}, {@code
 * health/iocp/bundles}. The whole is as well as its least well part.
 */
public final class IocpHealthContributor implements CompositeHealthContributor {
    private final Map<String, HealthContributor> parts = new LinkedHashMap<>();

    /** @param bundles null if there are none */
    public IocpHealthContributor(
            Collection<CompletionPort> ports,
            Collection<TcpServer> servers,
            @Nullable TlsBundles bundles,
            InstantSource clock) {
        Map<String, HealthContributor> ofPorts = new LinkedHashMap<>();
        ports.forEach(port -> ofPorts.put(port.name(), new PortHealthIndicator(port)));
        add("ports", ofPorts);
        Map<String, HealthContributor> ofServers = new LinkedHashMap<>();
        servers.forEach(server -> ofServers.put(server.name(), new ServerHealthIndicator(server, bundles, clock)));
        add("servers", ofServers);
        if (bundles != null && servers.stream().anyMatch(s -> s.settings().tls() != null)) {
            parts.put("bundles", new BundlesHealthIndicator(bundles, clock));
        }
    }

    /** What there is none of has no health. */
    private void add(String name, Map<String, HealthContributor> of) {
        if (!of.isEmpty()) {
            parts.put(name, CompositeHealthContributor.fromMap(of));
        }
    }

    @Override
    public @Nullable HealthContributor getContributor(String name) {
        return parts.get(name);
    }

    @Override
    public Stream<HealthContributors.Entry> stream() {
        return parts.entrySet().stream().map(part -> new HealthContributors.Entry(part.getKey(), part.getValue()));
    }
}
