package io.iocp.spring.metrics;

import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.PortStats;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.PortDispatcher;
import io.iocp.spring.server.RejectReason;
import io.iocp.spring.server.TcpServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Meters whose numbers the ports and servers keep anyway: read when somebody scrapes, free otherwise.
 *
 * @see PortTimers
 */
public final class PortMeters implements MeterBinder {
    /** Tag value of connections that no server accepted. */
    private static final String NO_SERVER = "none";

    /** Meters refer to these weakly: DO NOT make them local. */
    private final List<CachedStats> ports;

    private final List<TcpServer> servers;
    private final List<TcpClient> clients;
    private final Map<String, PortDispatcher> dispatchers;

    /** @param dispatchers of the ports that serve annotated handlers, by port name */
    public PortMeters(
            Collection<CompletionPort> ports,
            Collection<TcpServer> servers,
            Collection<TcpClient> clients,
            Map<String, PortDispatcher> dispatchers) {
        this.ports = ports.stream().map(CachedStats::new).toList();
        this.servers = List.copyOf(servers);
        this.clients = List.copyOf(clients);
        this.dispatchers = Map.copyOf(dispatchers);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (CachedStats stats : ports) {
            bindPort(registry, stats);
            bindOperations(registry, stats);
            bindOtherConnections(registry, stats);
        }
        servers.forEach(server -> bindServer(registry, server));
    }

    private void bindPort(MeterRegistry registry, CachedStats stats) {
        Tags port = tagsOf(stats.port());
        gauge(
                registry,
                "iocp.queue.depth",
                "Packets that wait for a worker",
                port,
                stats,
                s -> s.get().queueDepth());
        for (String state : stats.get().workers().keySet()) {
            gauge(
                    registry,
                    "iocp.workers",
                    "Worker threads",
                    port.and("state", state),
                    stats,
                    s -> s.get().workers().getOrDefault(state, 0));
        }
        Gauge.builder("iocp.memory.max", stats.port(), CompletionPort::maxMemory)
                .description("Native memory that the port may have, all areas together")
                .baseUnit("bytes")
                .tags(port)
                .register(registry);
        for (String area : stats.get().memory().keySet()) {
            Gauge.builder("iocp.memory.used", stats, s -> s.get().memory().getOrDefault(area, 0L))
                    .description("Native memory that -Xmx does not see")
                    .baseUnit("bytes")
                    .tags(port.and("area", area))
                    .register(registry);
        }
        counter(
                registry,
                "iocp.shard.handovers",
                "Shards that went to another worker because a handler kept theirs",
                port,
                stats,
                s -> s.get().handOvers());
        counter(
                registry,
                "iocp.workers.all.blocked",
                "Times that a shard or a packet of a blocking handler needed another worker and all were blocked",
                port,
                stats,
                s -> s.get().allBlocked());
        gauge(
                registry,
                "iocp.handlers.learned",
                "Handlers found blocking so often that they are treated as blocking",
                port,
                stats,
                s -> s.get().learnedHandlers().size());
        counter(
                registry,
                "iocp.bytes.received",
                "Bytes received",
                port,
                stats,
                s -> s.get().bytesReceived());
        counter(
                registry,
                "iocp.bytes.sent",
                "Bytes sent",
                port,
                stats,
                s -> s.get().bytesSent());
        counter(
                registry,
                "iocp.bytes.read",
                "Bytes read from files",
                port,
                stats,
                s -> s.get().bytesRead());
        counter(
                registry,
                "iocp.bytes.written",
                "Bytes written to files",
                port,
                stats,
                s -> s.get().bytesWritten());
        PortDispatcher dispatcher = dispatchers.get(stats.port().name());
        if (dispatcher != null) {
            counter(
                    registry,
                    "iocp.packets.unclaimed",
                    "Packets that no handler claims",
                    port.and("server", NO_SERVER),
                    dispatcher,
                    PortDispatcher::unclaimed);
        }
        EngineReport engine = stats.port().engine();
        Gauge.builder("iocp.engine.info", () -> 1)
                .description("The engine and why it was chosen; always 1")
                .tags(port.and("engine", engine.engine(), "reason", engine.reason())
                        .and("fallback", Boolean.toString(engine.fallback())))
                .register(registry);
    }

    private static void bindOperations(MeterRegistry registry, CachedStats stats) {
        Tags port = tagsOf(stats.port());
        for (OperationKind kind : OperationKind.values()) {
            Tags tags = port.and("kind", lowerCase(kind));
            counter(
                    registry,
                    "iocp.operations.started",
                    "Operations started",
                    tags,
                    stats,
                    s -> s.get().started().getOrDefault(kind, 0L));
            gauge(
                    registry,
                    "iocp.operations.in.flight",
                    "Operations in flight",
                    tags,
                    stats,
                    s -> s.get().inFlight().getOrDefault(kind, 0));
            for (Status status : Status.values()) {
                counter(
                        registry,
                        "iocp.operations.completed",
                        "Packets handed over",
                        tags.and("status", lowerCase(status)),
                        stats,
                        s -> completed(s.get(), kind, status));
            }
        }
    }

    private static double completed(PortStats stats, OperationKind kind, Status status) {
        return stats.completed().getOrDefault(kind, Map.of()).getOrDefault(status, 0L);
    }

    private static void bindServer(MeterRegistry registry, TcpServer server) {
        Tags tags = tagsOf(server.port()).and("server", server.name());
        gauge(registry, "iocp.connections.active", "Open connections", tags, server, TcpServer::connections);
        counter(registry, "iocp.connections.opened", "Connections opened", tags, server, TcpServer::opened);
        counter(
                registry,
                "iocp.packets.unclaimed",
                "Packets that no handler claims",
                tags,
                server,
                TcpServer::unclaimed);
        for (CloseReason reason : CloseReason.values()) {
            counter(
                    registry,
                    "iocp.connections.closed",
                    "Connections closed",
                    tags.and("reason", reason.tag()),
                    server,
                    s -> s.closed(reason));
        }
        for (RejectReason reason : RejectReason.values()) {
            counter(
                    registry,
                    "iocp.connections.rejected",
                    "Connections closed as soon as they were accepted",
                    tags.and("reason", reason.tag()),
                    server,
                    s -> s.rejected(reason));
        }
    }

    /** Connections that the application itself associated with the port. */
    private void bindOtherConnections(MeterRegistry registry, CachedStats stats) {
        List<TcpServer> own = servers.stream()
                .filter(s -> s.port().name().equals(stats.port().name()))
                .toList();
        List<TcpClient> ownClients = clients.stream()
                .filter(c -> c.port().name().equals(stats.port().name()))
                .toList();
        Tags tags = tagsOf(stats.port()).and("server", NO_SERVER);
        // The numbers are read one after the other: a difference may be below zero for a moment.
        gauge(
                registry,
                "iocp.connections.active",
                "Open connections",
                tags,
                stats,
                s -> Math.max(
                        0,
                        s.get().connections()
                                - own.stream().mapToInt(TcpServer::connections).sum()
                                - ownClients.stream()
                                        .mapToInt(TcpClient::handles)
                                        .sum()));
        counter(
                registry,
                "iocp.connections.opened",
                "Connections opened",
                tags,
                stats,
                s -> Math.max(
                        0,
                        s.get().connections()
                                + s.get().connectionsClosed()
                                - own.stream().mapToLong(TcpServer::opened).sum()
                                - ownClients.stream()
                                        .mapToLong(TcpClient::handlesOpened)
                                        .sum()));
    }

    private static <T> void gauge(
            MeterRegistry registry, String name, String description, Tags tags, T of, ToDoubleFunction<T> value) {
        Gauge.builder(name, of, value).description(description).tags(tags).register(registry);
    }

    private static <T> void counter(
            MeterRegistry registry, String name, String description, Tags tags, T of, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, of, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    static Tags tagsOf(CompletionPort port) {
        return Tags.of("port", port.name());
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static String serverTag(@Nullable String server) {
        return server == null ? NO_SERVER : server;
    }
}
