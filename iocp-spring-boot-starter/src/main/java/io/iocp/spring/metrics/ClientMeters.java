package io.iocp.spring.metrics;

import io.iocp.spring.client.ClientState;
import io.iocp.spring.client.ConnectOutcome;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.handler.CloseReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Meters whose numbers the clients keep anyway: read when somebody scrapes, free otherwise. */
public final class ClientMeters implements MeterBinder {
    private final List<TcpClient> clients;

    public ClientMeters(Collection<TcpClient> clients) {
        this.clients = List.copyOf(clients);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        clients.forEach(client -> bind(registry, client));
    }

    private static void bind(MeterRegistry registry, TcpClient client) {
        Tags tags = PortMeters.tagsOf(client.port()).and("client", client.name());
        for (ClientState state : ClientState.values()) {
            Gauge.builder("iocp.clients.connections", client, c -> c.connections(state))
                    .description("Connections that clients keep, by what they are doing")
                    .tags(tags.and("state", state.tag()))
                    .register(registry);
        }
        for (ConnectOutcome outcome : ConnectOutcome.values()) {
            counter(
                    registry,
                    "iocp.clients.connects",
                    "Tries to connect that have ended",
                    tags.and("outcome", outcome.tag()),
                    client,
                    c -> c.connects(outcome));
        }
        counter(
                registry,
                "iocp.clients.reconnects",
                "Tries to connect because of a failure or a loss",
                tags,
                client,
                TcpClient::reconnects);
        for (CloseReason reason : CloseReason.values()) {
            counter(
                    registry,
                    "iocp.clients.closed",
                    "Connections closed",
                    tags.and("reason", reason.tag()),
                    client,
                    c -> c.closedFor(reason));
        }
    }

    private static void counter(
            MeterRegistry registry,
            String name,
            String description,
            Tags tags,
            TcpClient client,
            ToDoubleFunction<TcpClient> value) {
        FunctionCounter.builder(name, client, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
