package io.iocp.spring.handler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * All handlers of the application, by what they handle. Servers and ports look theirs up here.
 *
 * <p>Thread: any.
 */
public final class HandlerRegistry {
    private final List<HandlerEndpoint> handlers = new CopyOnWriteArrayList<>();
    private final Map<String, HandlerTable> servers = new ConcurrentHashMap<>();
    private final Map<String, HandlerTable> clients = new ConcurrentHashMap<>();
    private final Map<String, PortDispatcher> ports = new ConcurrentHashMap<>();

    /**
     * Adds a handler.
     *
     * @throws DuplicateHandlerException if another one claims the same packets
     */
    public void register(HandlerEndpoint handler) {
        switch (handler.target()) {
            case HandlerTarget.Server server -> server(server.name()).claim(handler);
            case HandlerTarget.Client client -> client(client.name()).claim(handler);
            case HandlerTarget.Channel channel -> dispatcher(channel.port()).claim(handler);
            case HandlerTarget.Port port -> dispatcher(port.name()).claim(handler);
        }
        handlers.add(handler);
    }

    /** The handlers of a server's connections. */
    public HandlerTable server(String name) {
        return servers.computeIfAbsent(name, n -> new HandlerTable());
    }

    /** The handlers of a client's connections. */
    public HandlerTable client(String name) {
        return clients.computeIfAbsent(name, n -> new HandlerTable());
    }

    /**
     * The handler for a port of this name: {@code CompletionPort.open(options, registry.dispatcher(options.name()))} serves
     * annotated methods on a port that the application opens itself.
     */
    public PortDispatcher dispatcher(String port) {
        return ports.computeIfAbsent(port, PortDispatcher::new);
    }

    public List<HandlerEndpoint> handlers() {
        return new ArrayList<>(handlers);
    }

    /**
     * Checks, once all are there, that what the handlers name exists.
     *
     * @throws UnknownTargetException for the first that does not
     */
    public void check(Set<String> knownServers, Set<String> knownPorts) {
        for (HandlerEndpoint handler : handlers) {
            boolean known = switch (handler.target()) {
                case HandlerTarget.Server server -> knownServers.contains(server.name());
                case HandlerTarget.Client _ -> true; // see checkClients
                case HandlerTarget.Channel channel -> knownPorts.contains(channel.port());
                case HandlerTarget.Port port -> knownPorts.contains(port.name());
            };
            if (!known) {
                throw new UnknownTargetException(
                        handler, handler.target() instanceof HandlerTarget.Server ? knownServers : knownPorts);
            }
        }
    }

    /**
     * Checks that the clients that handlers name exist.
     *
     * @param known names, also of those that are not enabled
     * @throws UnknownTargetException for the first that does not
     */
    public void checkClients(Set<String> known) {
        for (HandlerEndpoint handler : handlers) {
            if (handler.target() instanceof HandlerTarget.Client client && !known.contains(client.name())) {
                throw new UnknownTargetException(handler, known);
            }
        }
    }
}
