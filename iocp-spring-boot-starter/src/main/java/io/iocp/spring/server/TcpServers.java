package io.iocp.spring.server;

import io.iocp.CompletionPort;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.UnknownPortException;
import io.iocp.spring.handler.HandlerRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.SmartLifecycle;

/**
 * All servers of the application: starts and stops them with the application context, and keeps the process alive while one
 * runs, since workers are daemon threads.
 *
 * <p>Thread: any.
 */
public final class TcpServers implements SmartLifecycle, SmartInitializingSingleton {
    /** The phase in which Boot starts and stops its web servers, copied since that module is optional. */
    public static final int START_STOP_PHASE = DEFAULT_PHASE - 2048;

    private final Map<String, TcpServer> servers = new LinkedHashMap<>();
    private final Set<String> disabled;
    private final List<CompletionPort> ports;
    private final HandlerRegistry handlers;
    private @Nullable CountDownLatch running;

    /**
     * Makes the servers, without starting them.
     *
     * @param disabled names that handlers may name although there is no server
     * @throws UnknownPortException if a server names a port that is not among {@code ports}
     */
    public TcpServers(
            Collection<ServerSettings> settings,
            Set<String> disabled,
            List<CompletionPort> ports,
            HandlerRegistry handlers,
            Consumer<Object> events,
            HandshakeListener handshakes,
            ConnectionListener observer) {
        this.disabled = Set.copyOf(disabled);
        this.ports = List.copyOf(ports);
        this.handlers = handlers;
        Map<String, CompletionPort> byName = new TreeMap<>();
        ports.forEach(p -> byName.put(p.name(), p));
        for (ServerSettings server : settings) {
            CompletionPort port = byName.get(server.port());
            if (port == null) {
                throw new UnknownPortException(
                        "server '" + server.name() + "'",
                        "iocp.servers." + server.name() + ".completion-port",
                        server.port(),
                        byName.keySet());
            }
            servers.put(
                    server.name(),
                    new TcpServer(server, port, handlers.server(server.name()), events, handshakes, observer));
        }
    }

    /** Every handler is known by now: what it names must exist. */
    @Override
    public void afterSingletonsInstantiated() {
        Map<String, CompletionPort> byName = new TreeMap<>();
        ports.forEach(p -> byName.put(p.name(), p));
        Set<String> knownServers = new TreeSet<>(servers.keySet());
        knownServers.addAll(disabled);
        handlers.check(knownServers, byName.keySet());
    }

    public Collection<TcpServer> servers() {
        return new ArrayList<>(servers.values());
    }

    /** The server of this name, null if there is none. */
    public @Nullable TcpServer server(String name) {
        return servers.get(name);
    }

    @Override
    public synchronized void start() {
        if (running != null) {
            return;
        }
        try {
            servers.values().forEach(TcpServer::start);
        } catch (RuntimeException e) {
            servers.values().forEach(TcpServer::stop);
            throw e;
        }
        CountDownLatch latch = new CountDownLatch(1);
        running = latch;
        if (!servers.isEmpty()) {
            keepAlive(latch);
        }
    }

    private static void keepAlive(CountDownLatch until) {
        Thread await = new Thread(
                () -> {
                    try {
                        until.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "iocp-await");
        await.setDaemon(false);
        await.start();
    }

    @Override
    public synchronized void stop() {
        CountDownLatch latch = running;
        if (latch != null) {
            servers.values().forEach(TcpServer::stop);
            running = null;
            latch.countDown();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return running != null;
    }

    @Override
    public int getPhase() {
        return START_STOP_PHASE;
    }

    @Override
    public boolean isPauseable() {
        return false;
    }

    /** Open connections of all servers. */
    public int connections() {
        return servers.values().stream().mapToInt(TcpServer::connections).sum();
    }
}
