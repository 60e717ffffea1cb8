package io.iocp.spring.actuate;

import io.iocp.CompletionPort;
import io.iocp.PortStats;
import io.iocp.WorkerView;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.connection.ConnectionView;
import io.iocp.spring.server.TcpServer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What there is to see of a port, row by row. Each row is found anew for each request.
 *
 * <p>Thread: any.
 */
final class PortViews {
    private final List<TcpServer> servers;
    private final List<TcpClient> clients;
    private final InstantSource clock;

    /**
     * One view.
     *
     * @param fields of a row that can be filtered
     * @param one the row of an id, null if there is none
     */
    private record View<R>(
            List<String> fields,
            Function<CompletionPort, List<R>> all,
            Function<R, Map<String, String>> texts,
            One<R> one) {

        ViewPage page(CompletionPort port, String name, int page, int size, @Nullable String filterText) {
            ViewFilter filter = new ViewFilter(filterText, fields);
            List<R> rows = all.apply(port);
            if (!filter.isEmpty()) {
                rows = rows.stream().filter(r -> filter.matches(texts.apply(r))).toList();
            }
            return ViewPage.of(port.name(), name, rows, page, size);
        }
    }

    @FunctionalInterface
    private interface One<R> {
        @Nullable
        R find(CompletionPort port, String id);
    }

    private final Map<String, View<?>> views = new LinkedHashMap<>();

    PortViews(List<TcpServer> servers, List<TcpClient> clients, InstantSource clock) {
        this.servers = servers;
        this.clients = clients;
        this.clock = clock;
        views.put(
                "connections",
                new View<>(
                        List.of("id", "server", "client", "peer", "transportPeer", "state", "key"),
                        this::connections,
                        PortViews::texts,
                        this::connection));
        views.put(
                "servers",
                new View<>(
                        List.of("name", "state", "address"),
                        this::servers,
                        s -> Map.of("name", s.name(), "state", s.state(), "address", s.address()),
                        (port, name) -> find(servers(port), s -> s.name().equals(name))));
        views.put(
                "clients",
                new View<>(
                        List.of("name", "state", "address"),
                        this::clients,
                        c -> Map.of("name", c.name(), "state", c.state(), "address", c.address()),
                        (port, name) -> find(clients(port), c -> c.name().equals(name))));
        views.put(
                "workers",
                new View<>(
                        List.of("name", "state", "shard"),
                        CompletionPort::workers,
                        w -> Map.of("name", w.name(), "state", w.state(), "shard", Integer.toString(w.shard())),
                        PortViews::worker));
        views.put(
                "shards",
                new View<>(
                        List.of("index", "state"),
                        port -> port.stats().shards(),
                        s -> Map.of("index", Integer.toString(s.index()), "state", s.state()),
                        PortViews::shard));
    }

    /**
     * A page of a view.
     *
     * @throws InvalidRequest if there is no such view, or a number or the filter is wrong
     */
    ViewPage page(
            CompletionPort port, String view, @Nullable String page, @Nullable String size, @Nullable String filter) {
        return view(view)
                .page(
                        port,
                        view,
                        (int) RequestNumber.of("page", page, 0, Integer.MAX_VALUE, 0),
                        (int) RequestNumber.of("size", size, 1, ViewPage.LARGEST_SIZE, ViewPage.DEFAULT_SIZE),
                        filter);
    }

    /**
     * One row.
     *
     * @throws InvalidRequest if there is no such view or no such row
     */
    Object row(CompletionPort port, String view, String id) {
        Object row = view(view).one().find(port, id);
        if (row == null) {
            throw InvalidRequest.notFound(
                    "there is no " + InvalidRequest.quoted(id) + " among the " + view + " of port '" + port.name()
                            + "'",
                    "see GET iocp/" + port.name() + "/" + view);
        }
        return row;
    }

    private View<?> view(String name) {
        View<?> view = views.get(name);
        if (view == null) {
            throw InvalidRequest.notFound(
                    "there is no view " + InvalidRequest.quoted(name),
                    "take one of " + String.join(", ", views.keySet()));
        }
        return view;
    }

    private List<TcpServer> serversOf(CompletionPort port) {
        return servers.stream().filter(s -> s.port() == port).toList();
    }

    private List<TcpClient> clientsOf(CompletionPort port) {
        return clients.stream().filter(c -> c.port() == port).toList();
    }

    private List<ClientRow> clients(CompletionPort port) {
        return clientsOf(port).stream().map(ClientRow::of).toList();
    }

    private List<IocpEndpoint.Server> servers(CompletionPort port) {
        return serversOf(port).stream().map(IocpEndpoint.Server::of).toList();
    }

    private List<ConnectionRow> connections(CompletionPort port) {
        Instant now = clock.instant();
        Stream<ConnectionRow> accepted = serversOf(port).stream()
                .flatMap(s -> s.connectionViews().stream())
                .map(v -> ConnectionRow.of(v, true, now));
        Stream<ConnectionRow> opened = clientsOf(port).stream()
                .flatMap(c -> c.connectionViews().stream())
                .map(v -> ConnectionRow.of(v, false, now));
        return Stream.concat(accepted, opened)
                .sorted(Comparator.comparingLong(ConnectionRow::id))
                .toList();
    }

    private @Nullable ConnectionRow connection(CompletionPort port, String id) {
        long number = RequestNumber.of("id", id, 0, Long.MAX_VALUE);
        for (TcpServer server : serversOf(port)) {
            ConnectionView view = server.connectionView(number);
            if (view != null) {
                return ConnectionRow.of(view, true, clock.instant());
            }
        }
        for (TcpClient client : clientsOf(port)) {
            ConnectionView view = find(client.connectionViews(), v -> v.id() == number);
            if (view != null) {
                return ConnectionRow.of(view, false, clock.instant());
            }
        }
        return null;
    }

    private static Map<String, String> texts(ConnectionRow row) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("id", Long.toString(row.id()));
        put(texts, "server", row.server());
        put(texts, "client", row.client());
        texts.put("peer", row.peer());
        put(texts, "transportPeer", row.transportPeer());
        texts.put("state", row.state());
        put(texts, "key", row.key());
        return texts;
    }

    private static void put(Map<String, String> texts, String field, @Nullable String text) {
        if (text != null) {
            texts.put(field, text);
        }
    }

    private static @Nullable WorkerView worker(CompletionPort port, String number) {
        long wanted = RequestNumber.of("id", number, 0, Integer.MAX_VALUE);
        return find(port.workers(), w -> w.number() == wanted);
    }

    private static PortStats.@Nullable ShardView shard(CompletionPort port, String index) {
        long wanted = RequestNumber.of("id", index, 0, Integer.MAX_VALUE);
        return find(port.stats().shards(), s -> s.index() == wanted);
    }

    private static <R> @Nullable R find(List<R> rows, Predicate<R> wanted) {
        for (R row : rows) {
            if (wanted.test(row)) {
                return row;
            }
        }
        return null;
    }
}
