package io.iocp.spring.health;

import io.iocp.spring.client.ClientConnectionView;
import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.TcpClient;
import java.util.List;
import java.util.Objects;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Health of one client: up while as many of its connections stand as {@code iocp.clients.<name>.health.min-up} says, one by default.
 * As with a database that cannot be reached: no part of liveness or readiness unless it is put there.
 */
public final class ClientHealthIndicator extends AbstractHealthIndicator {
    private final TcpClient client;

    public ClientHealthIndicator(TcpClient client) {
        super("the client could not be asked");
        this.client = client;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        List<ClientConnectionView> all = client.views();
        builder.status(client.isHealthy() ? "UP" : "DOWN")
                .withDetail(
                        "up",
                        all.stream().filter(v -> v.state() == ClientState.UP).count())
                .withDetail("connections", all.size());
        all.stream()
                .filter(v -> v.state() != ClientState.UP)
                .map(ClientConnectionView::lastFailure)
                .filter(Objects::nonNull)
                .findFirst()
                .ifPresent(failure -> builder.withDetail("lastFailure", failure));
        all.stream()
                .map(ClientConnectionView::nextTryAt)
                .filter(Objects::nonNull)
                .sorted()
                .findFirst()
                .ifPresent(next -> builder.withDetail("nextTryAt", next.toString()));
    }
}
