package io.iocp.spring.health;

import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.PortStats;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.tls.ServerTls;
import io.iocp.spring.tls.TlsBundleStatus;
import io.iocp.spring.tls.TlsBundles;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Health of ports and servers: up as long as every port is open and no server has lost its address. A fall-back to NIO is no
 * illness, but its cause and remedy are among the details. Neither are workers that are all kept by handlers, which is the
 * application's own slowness and passes with it: a probe that restarts it, or takes it out of service, would make it worse. But
 * the details say so.
 *
 * <p>A bundle whose newer material cannot be used is no illness either, as long as what is in use is valid: the details name
 * bundle, cause and remedy. Once the certificate that a server shows has expired, its clients turn away, and a restart would not
 * help: OUT_OF_SERVICE. The certificates of single server names ({@code ssl.server-name-bundles}) do not count, since the others
 * are served.
 */
public final class IocpHealthIndicator extends AbstractHealthIndicator {
    private final List<CompletionPort> ports;
    private final List<TcpServer> servers;
    private final @Nullable TlsBundles bundles;
    private final InstantSource clock;

    /** @param bundles null if there are none */
    public IocpHealthIndicator(
            Collection<CompletionPort> ports,
            Collection<TcpServer> servers,
            @Nullable TlsBundles bundles,
            InstantSource clock) {
        super("the completion port could not be asked");
        this.bundles = bundles;
        this.clock = clock;
        this.ports = List.copyOf(ports);
        this.servers = List.copyOf(servers);
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        boolean up = true;
        boolean expired = false;
        Instant now = clock.instant();
        if (bundles != null) {
            bundles.review();
        }
        Map<String, Object> portDetails = new LinkedHashMap<>();
        for (CompletionPort port : ports) {
            up &= port.isOpen();
            portDetails.put(port.name(), detailsOf(port));
        }
        Map<String, Object> serverDetails = new LinkedHashMap<>();
        for (TcpServer server : servers) {
            up &= server.state() == TcpServer.State.LISTENING;
            serverDetails.put(server.name(), detailsOf(server));
            ServerTls tls = server.settings().tls();
            expired |= tls != null && tls.status().expired(now);
        }
        Status status = !up ? Status.DOWN : expired ? Status.OUT_OF_SERVICE : Status.UP;
        builder.status(status).withDetail("ports", portDetails).withDetail("servers", serverDetails);
        if (bundles != null && !bundles.statuses().isEmpty()) {
            Map<String, Object> bundleDetails = new LinkedHashMap<>();
            bundles.statuses().forEach(bundle -> bundleDetails.put(bundle.bundle(), detailsOf(bundle, now)));
            builder.withDetail("bundles", bundleDetails);
        }
    }

    private static Map<String, Object> detailsOf(CompletionPort port) {
        EngineReport engine = port.engine();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", port.isOpen() ? "open" : port.stats().state());
        details.put("engine", engine.engine());
        details.put("reason", engine.reason());
        if (engine.cause() != null) {
            details.put("cause", engine.cause());
        }
        if (engine.remedy() != null) {
            details.put("remedy", engine.remedy());
        }
        PortStats stats = port.stats();
        int blocked = stats.workers().getOrDefault("blocked", 0);
        if (blocked >= stats.maxWorkers()) {
            details.put(
                    "workers",
                    "all " + stats.maxWorkers()
                            + " are kept by handlers, so connections wait; remedy: raise iocp.workers.max, or see which handlers"
                            + " take so long (meter iocp.handler)");
        }
        return details;
    }

    private static Map<String, Object> detailsOf(TcpServer server) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", server.state().name().toLowerCase(Locale.ROOT));
        details.put("address", String.valueOf(server.localAddress()));
        ServerTls tls = server.settings().tls();
        if (tls != null) {
            details.put("bundle", tls.status().bundle());
        }
        return details;
    }

    private static Map<String, Object> detailsOf(TlsBundleStatus bundle, Instant now) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", bundle.state().toString());
        if (bundle.subject() != null) {
            details.put("subject", bundle.subject());
        }
        if (bundle.notAfter() != null) {
            details.put("notAfter", bundle.notAfter().toString());
        }
        details.put("appliedAt", bundle.appliedAt().toString());
        if (bundle.cause() != null) {
            details.put("cause", bundle.cause());
        }
        if (bundle.remedy() != null) {
            details.put("remedy", bundle.remedy());
        }
        if (bundle.expired(now)) {
            details.put("expired", "clients that verify the certificate in use turn away; remedy: install a valid one");
        }
        return details;
    }
}
