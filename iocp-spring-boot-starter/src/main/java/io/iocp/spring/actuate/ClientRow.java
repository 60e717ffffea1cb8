package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.iocp.spring.client.ClientConnectionView;
import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.ConnectOutcome;
import io.iocp.spring.client.TcpClient;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client.
 *
 * @param state {@code up}: as many connections are up as there must be; {@code down}: fewer; {@code stopped}
 * @param address where it would connect to now
 * @param wanted connections that are kept up
 * @param connections the same by what they are doing
 * @param connects tries that have ended, by how; without those that there were none of
 * @param reconnects tries because of a failure or a loss
 * @param lastFailure why a try failed or a connection was lost, of the connection that has been without for the longest time; null
 *     while all are up
 * @param nextTryAt when that one is tried again; null while it is being tried
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ClientRow(
        String name,
        String state,
        String address,
        int wanted,
        Map<String, Integer> connections,
        Map<String, Long> connects,
        long reconnects,
        long unclaimed,
        @Nullable String lastFailure,
        @Nullable Instant nextTryAt) {

    static ClientRow of(TcpClient client) {
        List<ClientConnectionView> views = client.views();
        Map<String, Integer> connections = new LinkedHashMap<>();
        views.forEach(view -> connections.merge(view.state().tag(), 1, Integer::sum));
        Map<String, Long> connects = new LinkedHashMap<>();
        for (ConnectOutcome outcome : ConnectOutcome.values()) {
            long count = client.connects(outcome);
            if (count != 0) {
                connects.put(outcome.tag(), count);
            }
        }
        ClientConnectionView missing = views.stream()
                .filter(view -> view.state() != ClientState.UP && view.lastFailure() != null)
                .min(Comparator.comparing(ClientConnectionView::since))
                .orElse(null);
        return new ClientRow(
                client.name(),
                stateOf(client, views),
                String.valueOf(client.settings().address().get()),
                client.settings().connections(),
                connections,
                connects,
                client.reconnects(),
                client.unclaimed(),
                missing == null ? null : missing.lastFailure(),
                missing == null ? null : missing.nextTryAt());
    }

    private static String stateOf(TcpClient client, List<ClientConnectionView> views) {
        if (views.stream().allMatch(view -> view.state() == ClientState.STOPPED)) {
            return "stopped";
        }
        boolean someUp = views.stream().anyMatch(view -> view.state() == ClientState.UP);
        return client.isHealthy() && someUp ? "up" : "down";
    }
}
