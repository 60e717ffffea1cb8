package io.iocp.spring.actuate;

import io.iocp.CompletionPort;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.spring.client.TcpClient;
import io.iocp.spring.server.ServerStartException;
import io.iocp.spring.server.TcpServer;
import java.nio.channels.ClosedChannelException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may do to a port that runs.
 *
 * <p>Thread: any; none of these waits.
 */
final class PortActions {
    private static final int MOST_WORKERS = 65_000;
    private static final int LONGEST_ATTACHMENT = 64 * 1024;

    @FunctionalInterface
    private interface Action {
        Map<String, Object> perform(CompletionPort port, ActionRequest request);
    }

    private final List<TcpServer> servers;
    private final List<TcpClient> clients;
    private final Map<String, Action> actions = new LinkedHashMap<>();

    PortActions(List<TcpServer> servers, List<TcpClient> clients) {
        this.servers = servers;
        this.clients = clients;
        actions.put("post", PortActions::post);
        actions.put("pause", this::pause);
        actions.put("resume", this::resume);
        actions.put("drain", this::drain);
        actions.put("workers", PortActions::workers);
    }

    boolean knows(String action) {
        return actions.containsKey(action);
    }

    /** @throws InvalidRequest if it cannot be done; then nothing was */
    ActionOutcome perform(CompletionPort port, String name, ActionRequest request) {
        Action action = actions.get(name);
        if (action == null) {
            throw InvalidRequest.notFound(
                    "there is no action " + InvalidRequest.quoted(name),
                    "take one of " + String.join(", ", actions.keySet()));
        }
        return new ActionOutcome(port.name(), name, action.perform(port, request));
    }

    private static Map<String, Object> post(CompletionPort port, ActionRequest request) {
        String attachment = request.attachment();
        if (attachment != null && attachment.length() > LONGEST_ATTACHMENT) {
            throw InvalidRequest.of(
                    "'attachment' has " + attachment.length() + " characters",
                    "give at most " + LONGEST_ATTACHMENT + " characters");
        }
        long bytes = RequestNumber.of("bytes", request.bytes(), 0, Long.MAX_VALUE, 0);
        try {
            port.post(request.key(), attachment, bytes);
        } catch (TooManyOperationsException e) {
            throw InvalidRequest.conflict(messageOf(e), "wait until the queue is shorter, see queueDepth");
        } catch (ClosedPortException e) {
            throw InvalidRequest.conflict(messageOf(e), "none: the application is being stopped");
        }
        return Map.of("queueDepth", port.queueDepth());
    }

    private Map<String, Object> pause(CompletionPort port, ActionRequest request) {
        TcpServer server = server(port, request);
        if (!server.pause()) {
            throw InvalidRequest.conflict(
                    "server '" + server.name() + "' is " + stateOf(server), "only one that is listening can be paused");
        }
        return resultOf(server);
    }

    private Map<String, Object> resume(CompletionPort port, ActionRequest request) {
        TcpServer server = server(port, request);
        try {
            if (!server.resume()) {
                if (server.state() == TcpServer.State.LISTENING) {
                    throw InvalidRequest.conflict(
                            "server '" + server.name() + "' is listening", "only one that is not can be resumed");
                }
                server.start(); // it was drained or stopped, or accepting had failed
            }
        } catch (ClosedChannelException | ClosedPortException e) {
            throw InvalidRequest.conflict(messageOf(e), "none: the application is being stopped");
        } catch (ServerStartException e) {
            throw InvalidRequest.conflict(messageOf(e), "see who listens there, and try again");
        }
        return resultOf(server);
    }

    private Map<String, Object> drain(CompletionPort port, ActionRequest request) {
        if (request.connection() != null) {
            if (request.server() != null) {
                throw InvalidRequest.of("both 'server' and 'connection' are given", "give one of them");
            }
            long id = RequestNumber.of("connection", request.connection(), 0, Long.MAX_VALUE);
            for (TcpServer server : serversOf(port)) {
                if (server.drainConnection(id)) {
                    return Map.of("connection", id, "server", server.name());
                }
            }
            throw noConnection(port, id, "a server");
        }
        TcpServer server = server(port, request);
        if (server.state() != TcpServer.State.LISTENING && server.state() != TcpServer.State.PAUSED) {
            throw InvalidRequest.conflict(
                    "server '" + server.name() + "' is " + stateOf(server),
                    "only one that is listening or paused can be drained");
        }
        server.drain();
        return resultOf(server);
    }

    private static Map<String, Object> workers(CompletionPort port, ActionRequest request) {
        int shards = port.stats().shards().size();
        int max = (int) RequestNumber.of("max", request.max(), 0, MOST_WORKERS);
        int was = port.maxWorkers();
        if (max != 0 && max < shards) {
            throw InvalidRequest.of(
                    "'max' is less than the concurrency: " + max,
                    "give 0 (twice the concurrency), or from " + shards + " (each shard needs a worker) to "
                            + MOST_WORKERS);
        }
        try {
            port.maxWorkers(max);
        } catch (IllegalStateException e) {
            throw InvalidRequest.conflict(messageOf(e), "none: this port has no workers of its own");
        }
        return Map.of("was", was, "max", port.maxWorkers());
    }

    /** @throws InvalidRequest if there is no such connection */
    ActionOutcome close(CompletionPort port, String idText) {
        long id = RequestNumber.of("id", idText, 0, Long.MAX_VALUE);
        for (TcpServer server : serversOf(port)) {
            if (server.closeConnection(id)) {
                return new ActionOutcome(port.name(), "close", Map.of("connection", id, "server", server.name()));
            }
        }
        for (TcpClient client : clients) {
            if (client.port() == port && client.closeConnection(id)) {
                return new ActionOutcome(port.name(), "close", Map.of("connection", id, "client", client.name()));
            }
        }
        throw noConnection(port, id, "a server or a client");
    }

    private static InvalidRequest noConnection(CompletionPort port, long id, String owner) {
        return InvalidRequest.notFound(
                "port '" + port.name() + "' has no connection " + id + " of " + owner,
                "see GET iocp/" + port.name() + "/connections; it may be closed already");
    }

    private List<TcpServer> serversOf(CompletionPort port) {
        return servers.stream().filter(s -> s.port() == port).toList();
    }

    private TcpServer server(CompletionPort port, ActionRequest request) {
        String name = request.server();
        String names =
                String.join(", ", serversOf(port).stream().map(TcpServer::name).toList());
        if (name == null) {
            throw InvalidRequest.of("'server' is missing", "give the name of one of " + names);
        }
        return serversOf(port).stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow(() -> InvalidRequest.notFound(
                        "port '" + port.name() + "' has no server " + InvalidRequest.quoted(name),
                        "take one of " + names));
    }

    private static Map<String, Object> resultOf(TcpServer server) {
        return Map.of("server", server.name(), "state", stateOf(server), "connections", server.connections());
    }

    private static String stateOf(TcpServer server) {
        return server.state().name().toLowerCase(Locale.ROOT);
    }

    private static String messageOf(@Nullable Throwable failure) {
        return failure == null ? "unknown" : String.valueOf(failure.getMessage());
    }
}
