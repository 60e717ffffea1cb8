package io.iocp.spring.health;

import io.iocp.spring.server.TcpServer;
import io.iocp.spring.tls.ServerTls;
import io.iocp.spring.tls.TlsBundles;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Health of a server: up while it listens, out of service while somebody has paused or drained it, down if it has lost its address or
 * was stopped.
 *
 * <p>A bundle whose newer material cannot be used is no illness, as long as what is in use is valid. Once the certificate that a server
 * shows has expired, its clients turn away, and a restart would not help: out of service. The certificates of single server names
 * ({@code ssl.server-name-bundles}) do not count, since the others are served.
 */
final class ServerHealthIndicator extends AbstractHealthIndicator {
    private final TcpServer server;
    private final @Nullable TlsBundles bundles;
    private final InstantSource clock;

    ServerHealthIndicator(TcpServer server, @Nullable TlsBundles bundles, InstantSource clock) {
        super("the server could not be asked");
        this.server = server;
        this.bundles = bundles;
        this.clock = clock;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        ServerTls tls = server.settings().tls();
        if (tls != null && bundles != null) {
            bundles.review();
        }
        boolean expired = tls != null && tls.status().expired(clock.instant());
        builder.status(
                        expired && server.state() == TcpServer.State.LISTENING
                                ? Status.OUT_OF_SERVICE
                                : statusOf(server.state()))
                .withDetails(detailsOf(server));
        if (expired) {
            builder.withDetail("expired", BundlesHealthIndicator.EXPIRED);
        }
    }

    private static Status statusOf(TcpServer.State state) {
        return switch (state) {
            case LISTENING -> Status.UP;
            case PAUSED, DRAINING -> Status.OUT_OF_SERVICE;
            case STOPPED, FAILED -> Status.DOWN;
        };
    }

    private static Map<String, Object> detailsOf(TcpServer server) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", server.state().name().toLowerCase(Locale.ROOT));
        details.put("address", String.valueOf(server.address()));
        ServerTls tls = server.settings().tls();
        if (tls != null) {
            details.put("bundle", tls.status().bundle());
        }
        return details;
    }
}
