package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.iocp.CompletionPort;
import io.iocp.EngineReport;
import io.iocp.PortStats;
import io.iocp.operation.OperationKind;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerTarget;
import io.iocp.spring.server.RejectReason;
import io.iocp.spring.server.TcpServer;
import io.iocp.spring.tls.ServerTls;
import io.iocp.spring.tls.TlsBundleStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Endpoint {@code iocp}: the completion ports with their engine, workers, operations and servers at this moment, their connections
 * and threads page by page, and what an operator may do to them. Writes are there only where {@code
 * management.endpoint.iocp.access=unrestricted}, and each is audited.
 *
 * <p>Next: {@link PortViews}, {@link PortActions}.
 */
@Endpoint(id = "iocp", defaultAccess = Access.READ_ONLY)
public final class IocpEndpoint {
    private final List<CompletionPort> ports;
    private final List<TcpServer> servers;
    private final List<TcpClient> clients;
    private final Supplier<List<HandlerEndpoint>> handlers;
    private final PortViews views;
    private final PortActions actions;
    private final WriteAudit audit;

    /** @param events is given an audit event for each write */
    public IocpEndpoint(
            Collection<CompletionPort> ports,
            Collection<TcpServer> servers,
            Collection<TcpClient> clients,
            Supplier<List<HandlerEndpoint>> handlers,
            ApplicationEventPublisher events) {
        this.ports = List.copyOf(ports);
        this.servers = List.copyOf(servers);
        this.clients = List.copyOf(clients);
        this.handlers = handlers;
        this.views = new PortViews(this.servers, this.clients, InstantSource.system());
        this.actions = new PortActions(this.servers, this.clients);
        this.audit = new WriteAudit(events);
    }

    @ReadOperation
    public Ports ports() {
        Map<String, Port> byName = new LinkedHashMap<>();
        ports.forEach(p -> byName.put(p.name(), describe(p)));
        return new Ports(byName);
    }

    /** One port; null, which is answered with 404, if there is none of this name. */
    @ReadOperation
    public @Nullable Port port(@Selector String port) {
        CompletionPort named = portOrNull(port);
        return named == null ? null : describe(named);
    }

    /** @throws InvalidRequest if there is none of this name */
    Port existingPort(String name) {
        return describe(portOf(name));
    }

    /**
     * A page of what there is of a port.
     *
     * @param view connections, servers, clients, workers or shards
     * @param page from 0; the first by default
     * @param size rows of a page, 1 to 500; 50 by default
     * @param filter {@code text} or {@code field:text}, several with commas between; all by default
     */
    @ReadOperation
    public ViewPage view(
            @Selector String port,
            @Selector String view,
            @Nullable String page,
            @Nullable String size,
            @Nullable String filter) {
        return views.page(portOf(port), view, page, size, filter);
    }

    /** One row of a view: a connection or a worker by its number, a shard by its index, a server or a client by its name. */
    @ReadOperation
    public Object row(@Selector String port, @Selector String view, @Selector String id) {
        return views.row(portOf(port), view, id);
    }

    /**
     * Does something to a port. Boot knows one write for as many selectors, so it is one for all.
     *
     * @param action one of {@link PortActions}: to post (key, attachment, bytes), pause or resume (server), drain (server or
     *     connection), or set the bound of workers (max)
     */
    @WriteOperation
    public ActionOutcome act(
            SecurityContext who,
            @Selector String port,
            @Selector String action,
            @Nullable String key,
            @Nullable String attachment,
            @Nullable String bytes,
            @Nullable String server,
            @Nullable String connection,
            @Nullable String max) {
        ActionRequest request = new ActionRequest(key, attachment, bytes, server, connection, max);
        return audit.perform(
                who,
                port,
                actions.knows(action) ? action : "unknown",
                request.auditDetails(),
                () -> actions.perform(portOf(port), action, request));
    }

    /** Closes a connection at once; {@code drain} would let it finish. */
    @DeleteOperation
    public ActionOutcome close(SecurityContext who, @Selector String port, @Selector String view, @Selector String id) {
        return audit.perform(who, port, "close", ActionRequest.ofConnection(id).auditDetails(), () -> {
            CompletionPort named = portOf(port);
            if (!view.equals("connections")) {
                throw InvalidRequest.notFound(
                        "nothing of the view " + InvalidRequest.quoted(view) + " can be deleted",
                        "only connections can");
            }
            return actions.close(named, id);
        });
    }

    private CompletionPort portOf(String name) {
        CompletionPort named = portOrNull(name);
        if (named == null) {
            throw InvalidRequest.notFound(
                    "there is no port " + InvalidRequest.quoted(name),
                    "take one of "
                            + String.join(
                                    ", ",
                                    ports.stream().map(CompletionPort::name).toList()));
        }
        return named;
    }

    private @Nullable CompletionPort portOrNull(String name) {
        for (CompletionPort port : ports) {
            if (port.name().equals(name)) {
                return port;
            }
        }
        return null;
    }

    private Port describe(CompletionPort port) {
        PortStats stats = port.stats();
        EngineReport engine = port.engine();
        Map<String, Integer> workers = new LinkedHashMap<>(stats.workers());
        workers.put("max", stats.maxWorkers());
        Map<String, Integer> inFlight = new LinkedHashMap<>();
        stats.inFlight().forEach((kind, count) -> inFlight.put(lowerCase(kind), count));
        Map<String, Server> own = new LinkedHashMap<>();
        servers.stream().filter(s -> s.port() == port).forEach(s -> own.put(s.name(), Server.of(s)));
        Map<String, ClientRow> ownClients = new LinkedHashMap<>();
        clients.stream().filter(c -> c.port() == port).forEach(c -> ownClients.put(c.name(), ClientRow.of(c)));
        return new Port(
                port.name(),
                stats.state(),
                new Engine(engine.engine(), engine.reason(), engine.fallback(), engine.cause(), engine.remedy()),
                stats.shards().size(),
                workers,
                new Blocking(
                        port.options()
                                .blockingDetection()
                                .name()
                                .toLowerCase(Locale.ROOT)
                                .replace('_', '-'),
                        stats.handOvers(),
                        stats.allBlocked(),
                        stats.learnedHandlers()),
                stats.queueDepth(),
                inFlight,
                new Operations(byName(stats.started()), byName(completed(stats))),
                new Connections(stats.connections(), stats.connectionsClosed()),
                new Bytes(stats.bytesReceived(), stats.bytesSent(), stats.bytesRead(), stats.bytesWritten()),
                stats.handlerFailures(),
                stats.memory(),
                port.maxMemory() == Long.MAX_VALUE ? null : port.maxMemory(),
                stats.shards(),
                own,
                ownClients,
                handlers.get().stream()
                        .filter(h -> isOf(h, port, own, ownClients))
                        .map(IocpEndpoint::describe)
                        .toList());
    }

    private static Map<OperationKind, Long> completed(PortStats stats) {
        Map<OperationKind, Long> completed = new EnumMap<>(OperationKind.class);
        stats.completed()
                .forEach((kind, byStatus) -> completed.put(
                        kind,
                        byStatus.values().stream().mapToLong(Long::longValue).sum()));
        return completed;
    }

    private static Map<String, Long> byName(Map<OperationKind, Long> counts) {
        Map<String, Long> byName = new LinkedHashMap<>();
        counts.forEach((kind, count) -> byName.put(lowerCase(kind), count));
        return byName;
    }

    private static Tls describe(ServerTls tls) {
        Map<String, Bundle> serverNames = new LinkedHashMap<>();
        tls.serverNames().forEach((name, bundle) -> serverNames.put(name, describe(bundle)));
        return new Tls(
                describe(tls.status()),
                serverNames,
                tls.protocols(),
                tls.options().applicationProtocols(),
                lowerCase(tls.options().clientAuthentication()),
                tls.handshakeTimeout());
    }

    private static Bundle describe(TlsBundleStatus bundle) {
        return new Bundle(
                bundle.bundle(),
                bundle.state().toString(),
                bundle.subject(),
                bundle.notAfter(),
                bundle.appliedAt(),
                bundle.cause(),
                bundle.remedy());
    }

    private static Handler describe(HandlerEndpoint handler) {
        TreeSet<String> kinds = new TreeSet<>();
        for (OperationKind kind : handler.kinds()) {
            kinds.add(lowerCase(kind));
        }
        return new Handler(handler.id(), handler.target().toString(), List.copyOf(kinds), handler.blocking());
    }

    private static boolean isOf(
            HandlerEndpoint handler, CompletionPort port, Map<String, Server> servers, Map<String, ClientRow> clients) {
        return switch (handler.target()) {
            case HandlerTarget.Server server -> servers.containsKey(server.name());
            case HandlerTarget.Client client -> clients.containsKey(client.name());
            case HandlerTarget.Channel channel -> channel.port().equals(port.name());
            case HandlerTarget.Port whole -> whole.name().equals(port.name());
        };
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The answer for all ports, by name. */
    public record Ports(Map<String, Port> ports) {}

    /**
     * One port.
     *
     * @param concurrency how many workers may run at once
     * @param workers threads by state, and the most that there may be
     * @param inFlight operations by kind
     * @param memory native bytes by area
     * @param memoryMax how many there may be, all areas together; null for any
     */
    public record Port(
            String name,
            String state,
            Engine engine,
            int concurrency,
            Map<String, Integer> workers,
            Blocking blocking,
            int queueDepth,
            Map<String, Integer> inFlight,
            Operations operations,
            Connections connections,
            Bytes bytes,
            long handlerFailures,
            Map<String, Long> memory,
            @Nullable Long memoryMax,
            List<PortStats.ShardView> shards,
            Map<String, Server> servers,
            Map<String, ClientRow> clients,
            List<Handler> handlers) {}

    /**
     * The engine.
     *
     * @param reason why this one
     * @param fallback whether a better one was wanted
     * @param cause what stands in the better one's way
     * @param remedy what helps
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Engine(
            String name,
            String reason,
            boolean fallback,
            @Nullable String cause,
            @Nullable String remedy) {}

    /**
     * Handlers that keep their workers.
     *
     * @param detection what is done about those that do not say so
     * @param handOvers shards that went to another worker because of one
     * @param allBlocked times that a shard or a packet of a blocking handler needed another worker and there was none
     * @param learnedHandlers ids of those that are treated as if they had said so
     */
    public record Blocking(String detection, long handOvers, long allBlocked, List<String> learnedHandlers) {}

    /** Since the start of the port, by kind: operations started, and packets handed over, whatever their status. */
    public record Operations(Map<String, Long> started, Map<String, Long> completed) {}

    /** Connections of the port: open now, and closed since its start. */
    public record Connections(int open, long closed) {}

    /** Bytes since the start of the port: received and sent on connections, read from and written to files. */
    public record Bytes(long received, long sent, long read, long written) {}

    /**
     * One server.
     *
     * @param state stopped, listening, paused, draining or failed
     * @param address where it listens
     * @param connections that are open
     * @param maxConnections 0 for no bound of its own
     * @param opened connections since the start
     * @param closed connections since the start, by reason; reasons that there were
     * @param rejected connections that were closed as soon as they were accepted, by reason; reasons that there were
     * @param unclaimed packets that no handler wanted
     * @param tls null if it has none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Server(
            String name,
            String state,
            String address,
            int connections,
            int maxConnections,
            long opened,
            Map<String, Long> closed,
            Map<String, Long> rejected,
            long unclaimed,
            @Nullable Tls tls) {

        static Server of(TcpServer server) {
            Map<String, Long> closed = new LinkedHashMap<>();
            for (CloseReason reason : CloseReason.values()) {
                putUnlessZero(closed, reason.tag(), server.closed(reason));
            }
            Map<String, Long> rejected = new LinkedHashMap<>();
            for (RejectReason reason : RejectReason.values()) {
                putUnlessZero(rejected, reason.tag(), server.rejected(reason));
            }
            ServerTls tls = server.settings().tls();
            return new Server(
                    server.name(),
                    lowerCase(server.state()),
                    String.valueOf(server.address()),
                    server.connections(),
                    server.settings().maxConnections(),
                    server.opened(),
                    closed,
                    rejected,
                    server.unclaimed(),
                    tls == null ? null : describe(tls));
        }

        private static void putUnlessZero(Map<String, Long> counts, String reason, long count) {
            if (count != 0) {
                counts.put(reason, count);
            }
        }
    }

    /**
     * The TLS of a server.
     *
     * @param bundle for clients that ask for no host name, or for one that has none of its own
     * @param serverNames host names and patterns of them with their bundles
     * @param protocols versions that a handshake may agree on
     * @param applicationProtocols for ALPN
     * @param clientAuthentication none, want or need
     */
    public record Tls(
            Bundle bundle,
            Map<String, Bundle> serverNames,
            List<String> protocols,
            List<String> applicationProtocols,
            String clientAuthentication,
            Duration handshakeTimeout) {}

    /**
     * An SSL bundle in use.
     *
     * @param state current, stale or refused
     * @param notAfter when the certificate in use expires
     * @param appliedAt since when it is used
     * @param cause why newer material is not used
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Bundle(
            String name,
            String state,
            @Nullable String subject,
            @Nullable Instant notAfter,
            Instant appliedAt,
            @Nullable String cause,
            @Nullable String remedy) {}

    /** One annotated method. */
    public record Handler(String id, String target, List<String> kinds, boolean blocking) {}
}
