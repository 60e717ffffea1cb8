package io.iocp.spring.health;

import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.PortStats;
import io.iocp.spring.server.TcpServer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Health of ports and servers: up as long as every port is open and no server has lost its address. A fall-back to NIO is no
 * illness, but its cause and remedy are among the details. Neither are workers that are all kept by handlers, which is the
 * application's own slowness and passes with it: a probe that restarts it, or takes it out of service, would make it worse. But
 * the details say so.
 */
public final class IocpHealthIndicator extends AbstractHealthIndicator {
    private final List<CompletionPort> ports;
    private final List<TcpServer> servers;

    public IocpHealthIndicator(Collection<CompletionPort> ports, Collection<TcpServer> servers) {
        super("the completion port could not be asked");
        this.ports = List.copyOf(ports);
        this.servers = List.copyOf(servers);
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        boolean up = true;
        Map<String, Object> portDetails = new LinkedHashMap<>();
        for (CompletionPort port : ports) {
            up &= port.isOpen();
            portDetails.put(port.name(), detailsOf(port));
        }
        Map<String, Object> serverDetails = new LinkedHashMap<>();
        for (TcpServer server : servers) {
            up &= server.state() == TcpServer.State.LISTENING;
            serverDetails.put(server.name(), detailsOf(server));
        }
        builder.status(up ? "UP" : "DOWN").withDetail("ports", portDetails).withDetail("servers", serverDetails);
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
        return details;
    }
}
