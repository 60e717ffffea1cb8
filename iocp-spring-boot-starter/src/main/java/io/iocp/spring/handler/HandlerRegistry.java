package io.iocp.spring.handler;

import io.iocp.CompletionPort;
import io.iocp.operation.OperationKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * All handlers of the application, by what they handle. Servers, clients and ports look theirs up here, the application lists, starts
 * and stops them by their ids and may register its own.
 *
 * <p>A handler that is stopped gets no packets. Connections of a server or client whose handler of RECEIVE is stopped are not read
 * meanwhile: what has been received is kept, TCP slows the peer down, and all of it is handled once the handler is started. Posts to a
 * channel whose handler is stopped wait, at most 10,000 on a port; further ones are dropped and counted as unclaimed. Any other
 * packet is as if there were no handler.
 *
 * <p>Thread: any.
 */
public final class HandlerRegistry implements SmartInitializingSingleton {
    private final List<HandlerEndpoint> handlers = new ArrayList<>(); // guarded by this
    private final Map<String, HandlerTable> servers = new ConcurrentHashMap<>();
    private final Map<String, HandlerTable> clients = new ConcurrentHashMap<>();
    private final Map<String, PortDispatcher> dispatchers = new ConcurrentHashMap<>();
    private final HandlerBinder binder;
    private final boolean virtualThreads;
    private final Supplier<Collection<CompletionPort>> ports;
    private volatile boolean complete;

    /** A registry of handlers that nothing is added to. */
    public HandlerRegistry() {
        this(HandlerSupport.none(), false, List::of);
    }

    /**
     * An empty registry.
     *
     * @param virtualThreads whether every handler runs on a virtual thread, as if it had said that it blocks
     * @param ports on which posts that have waited are posted anew
     */
    public HandlerRegistry(HandlerSupport support, boolean virtualThreads, Supplier<Collection<CompletionPort>> ports) {
        this.binder = new HandlerBinder(support);
        this.virtualThreads = virtualThreads;
        this.ports = ports;
    }

    // ---- registering

    /**
     * Adds a handler.
     *
     * @throws DuplicateHandlerException if another one claims the same packets
     * @throws InvalidHandlerException if another method has its id, or if it cannot be bound and all beans are there already
     */
    public void register(HandlerEndpoint handler) {
        HandlerTable table = tableOf(handler);
        synchronized (this) {
            for (HandlerEndpoint present : handlers) {
                if (present.id().equals(handler.id()) && !isSameMethod(present, handler)) {
                    throw new InvalidHandlerException(
                            "The " + handler + " has the id of the " + present + ".",
                            "Give one of them another id in @IoCompletionHandler.");
                }
            }
            handler.registered(binder, table, virtualThreads);
            if (complete) {
                handler.bound();
            }
            table.claim(handler);
            handlers.add(handler);
        }
    }

    /**
     * Adds a handler of packets that is no annotated method.
     *
     * @param kinds RECEIVE of a server or client, POST of a channel, all of a port if there are none
     */
    public HandlerEndpoint register(String id, HandlerTarget target, HandlerFunction function, OperationKind... kinds) {
        HandlerEndpoint handler = HandlerEndpoint.builder(id, target)
                .kinds(kinds)
                .function(function)
                .build();
        register(handler);
        return handler;
    }

    /** One method may be a handler of several targets; functions are told apart by their id alone. */
    private static boolean isSameMethod(HandlerEndpoint one, HandlerEndpoint other) {
        return one.annotatedMethod() != null
                && Objects.equals(one.annotatedMethod(), other.annotatedMethod())
                && one.bean().equals(other.bean());
    }

    /**
     * Removes a handler, of all its targets: its packets are nobody's from now on. A call that has begun goes on.
     *
     * @return false if there is none
     */
    public boolean unregister(String id) {
        List<HandlerEndpoint> removed = handlers(id);
        synchronized (this) {
            handlers.removeAll(removed);
        }
        removed.forEach(handler -> tableOf(handler).remove(handler));
        return !removed.isEmpty();
    }

    /** All beans are there: mistakes are to be found now, not by the first packet. */
    @Override
    public void afterSingletonsInstantiated() {
        List<HandlerEndpoint> found;
        synchronized (this) {
            complete = true;
            found = List.copyOf(handlers);
        }
        found.forEach(HandlerEndpoint::bound);
    }

    // ---- listing, starting, stopping

    public List<HandlerEndpoint> handlers() {
        synchronized (this) {
            return List.copyOf(handlers);
        }
    }

    /** Those with this id: one for each target of the method. */
    public List<HandlerEndpoint> handlers(String id) {
        return handlers().stream().filter(handler -> handler.id().equals(id)).toList();
    }

    /** Whether it gets packets. */
    public boolean isRunning(HandlerEndpoint handler) {
        return tableOf(handler).isRunning(handler);
    }

    /**
     * Lets a handler have its packets, of all its targets. Does nothing if it runs.
     *
     * @throws IllegalArgumentException if there is no handler of this id
     */
    public void start(String id) {
        run(id, true);
        for (CompletionPort port : ports.get()) {
            PortDispatcher dispatcher = dispatchers.get(port.name());
            if (dispatcher != null) {
                dispatcher.postWaiting(port);
            }
        }
    }

    /**
     * Gives a handler no more packets, of all its targets. A call that has begun goes on. Does nothing if it is stopped.
     *
     * @throws IllegalArgumentException if there is no handler of this id
     */
    public void stop(String id) {
        run(id, false);
    }

    private void run(String id, boolean run) {
        List<HandlerEndpoint> meant = handlers(id);
        if (meant.isEmpty()) {
            throw new IllegalArgumentException("there is no handler '" + id + "'; there are "
                    + handlers().stream()
                            .map(HandlerEndpoint::id)
                            .distinct()
                            .sorted()
                            .toList());
        }
        meant.forEach(handler -> tableOf(handler).run(handler, run));
    }

    // ---- looking up

    private HandlerTable tableOf(HandlerEndpoint handler) {
        return switch (handler.target()) {
            case HandlerTarget.Server server -> server(server.name());
            case HandlerTarget.Client client -> client(client.name());
            case HandlerTarget.Channel channel -> dispatcher(channel.port()).channel(channel.key());
            case HandlerTarget.Port port -> dispatcher(port.name()).wholePort();
        };
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
        return dispatchers.computeIfAbsent(port, PortDispatcher::new);
    }

    /**
     * Checks, once all are there, that what the handlers name exists.
     *
     * @throws UnknownTargetException for the first that does not
     */
    public void check(Set<String> knownServers, Set<String> knownPorts) {
        for (HandlerEndpoint handler : handlers()) {
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
        for (HandlerEndpoint handler : handlers()) {
            if (handler.target() instanceof HandlerTarget.Client client && !known.contains(client.name())) {
                throw new UnknownTargetException(handler, known);
            }
        }
    }
}
