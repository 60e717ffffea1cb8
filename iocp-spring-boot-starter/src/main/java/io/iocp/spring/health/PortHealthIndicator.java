package io.iocp.spring.health;

import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.PortStats;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Health of a port: up as long as it is open. A fall-back to NIO is no illness, but its cause and remedy are among the details. Neither
 * are workers that are all kept by handlers, which is the application's own slowness and passes with it: a probe that restarts
 * it, or takes it out of service, would make it worse. But the details say so.
 */
final class PortHealthIndicator extends AbstractHealthIndicator {
    private final CompletionPort port;

    PortHealthIndicator(CompletionPort port) {
        super("the completion port could not be asked");
        this.port = port;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        builder.status(port.isOpen() ? "UP" : "DOWN").withDetails(detailsOf(port));
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
}
