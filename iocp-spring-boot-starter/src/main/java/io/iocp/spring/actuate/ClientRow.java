package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.iocp.spring.client.ClientConnectionView;
import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.ConnectOutcome;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.handler.CloseReason;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client.
 *
 * @param state {@code up} if as many connections stand as must, else {@code down}
 * @param address where it connects to
 * @param wanted connections that it keeps
 * @param up those that stand
 * @param reconnects tries because one before had failed, or a connection was lost
 * @param connects tries since the start, by outcome; outcomes that there were
 * @param closed connections since the start, by reason; reasons that there were
 * @param unclaimed packets that no handler wanted
 * @param connections what each of them is doing
 */
public record ClientRow(
        String name,
        String state,
        String address,
        int wanted,
        int up,
        long reconnects,
        Map<String, Long> connects,
        Map<String, Long> closed,
        long unclaimed,
        List<Place> connections) {

    /**
     * One of the connections that it keeps.
     *
     * @param number from 0
     * @param since when the state has been this
     * @param failures in a row
     * @param connection its id, by which the view of connections finds it; null if there is none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Place(
            int number,
            String state,
            Instant since,
            int failures,
            @Nullable String lastFailure,
            @Nullable Instant nextTryAt,
            @Nullable Long connection) {

        static Place of(ClientConnectionView view) {
            return new Place(
                    view.number(),
                    view.state().tag(),
                    view.since(),
                    view.failures(),
                    view.lastFailure(),
                    view.nextTryAt(),
                    view.connection() == null ? null : view.connection().id());
        }
    }

    static ClientRow of(TcpClient client) {
        Map<String, Long> connects = new LinkedHashMap<>();
        for (ConnectOutcome outcome : ConnectOutcome.values()) {
            putUnlessZero(connects, outcome.tag(), client.connects(outcome));
        }
        Map<String, Long> closed = new LinkedHashMap<>();
        for (CloseReason reason : CloseReason.values()) {
            putUnlessZero(closed, reason.tag(), client.closedFor(reason));
        }
        return new ClientRow(
                client.name(),
                client.isHealthy() ? "up" : "down",
                client.settings().address().get().toString(),
                client.settings().connections(),
                client.connections(ClientState.UP),
                client.reconnects(),
                connects,
                closed,
                client.unclaimed(),
                client.views().stream().map(Place::of).toList());
    }

    private static void putUnlessZero(Map<String, Long> counts, String name, long count) {
        if (count != 0) {
            counts.put(name, count);
        }
    }
}
