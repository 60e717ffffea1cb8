package io.iocp.spring.client;

import io.iocp.CompletionPort;
import io.iocp.spring.connection.ConnectionListener;
import io.iocp.spring.connection.HandshakeListener;
import io.iocp.spring.connection.StopThread;
import io.iocp.spring.connection.UnknownPortException;
import io.iocp.spring.handler.HandlerRegistry;
import io.iocp.spring.server.TcpServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.SmartLifecycle;

/**
 * All clients of the application: starts and stops them with the application context. They begin to connect before the servers listen,
 * which does not wait for them, and end after the servers, whose last requests may need them: what was given to be sent still goes out,
 * within the deadline of the shutdown. They do not keep the process alive ({@code spring.main.keep-alive} does).
 *
 * <p>Thread: any.
 */
public final class TcpClients implements SmartLifecycle, SmartInitializingSingleton, AutoCloseable {
    /** Below the servers': earlier at the start, later at the end. */
    public static final int PHASE = TcpServers.START_STOP_PHASE - 1024;

    private static final Logger LOG = LoggerFactory.getLogger(TcpClients.class);

    private final Map<String, TcpClient> clients = new LinkedHashMap<>();
    private final HandlerRegistry handlers;
    private final NameLookup names;
    private final Duration deadline;
    private volatile boolean running;

    /**
     * Makes the clients, without starting them.
     *
     * @param random from 0 (incl.) to 1 (excl.), for the waits between tries
     * @param deadline for what was given to be sent when they are stopped
     * @throws UnknownPortException if a client names a port that is not among {@code ports}
     */
    public TcpClients(
            Collection<ClientSettings> settings,
            List<CompletionPort> ports,
            HandlerRegistry handlers,
            HostResolver resolver,
            DoubleSupplier random,
            Duration deadline,
            Consumer<Object> events,
            ConnectionListener observer,
            HandshakeListener handshakes) {
        this.handlers = handlers;
        this.names = new NameLookup(resolver);
        this.deadline = deadline;
        Map<String, CompletionPort> byName = new TreeMap<>();
        ports.forEach(p -> byName.put(p.name(), p));
        for (ClientSettings client : settings) {
            CompletionPort port = byName.get(client.port());
            if (port == null) {
                throw new UnknownPortException(
                        "client '" + client.name() + "'",
                        "iocp.clients." + client.name() + ".completion-port",
                        client.port(),
                        byName.keySet());
            }
            clients.put(
                    client.name(),
                    new TcpClient(
                            client, port, handlers.client(client.name()), names, random, events, observer, handshakes));
        }
    }

    /** Every handler is known by now: what it names must exist. */
    @Override
    public void afterSingletonsInstantiated() {
        handlers.checkClients(Set.copyOf(clients.keySet()));
    }

    /** In the order of the properties; with those that are not enabled. */
    public Collection<TcpClient> clients() {
        return new ArrayList<>(clients.values());
    }

    /**
     * The client of this name.
     *
     * @throws UnknownClientException if there is none
     */
    public TcpClient client(String name) {
        TcpClient client = clients.get(name);
        if (client == null) {
            throw new UnknownClientException(name, clients.keySet());
        }
        return client;
    }

    @Override
    public void start() {
        if (!running) {
            running = true;
            enabled().forEach(TcpClient::start);
        }
    }

    @Override
    public void stop() {
        long end = System.nanoTime() + deadline.toNanos();
        List<TcpClient> all = enabled();
        all.forEach(TcpClient::drain);
        boolean interrupted = false;
        for (TcpClient client : all) {
            try {
                client.awaitStopped(end);
            } catch (InterruptedException e) {
                interrupted = true; // somebody is in a hurry: what is left is closed
                break;
            }
        }
        for (TcpClient client : all) {
            if (!client.isStopped()) {
                LOG.warn(
                        "client '{}' still had something to send after {}: its connections are closed",
                        client.name(),
                        deadline);
                client.stop();
            }
        }
        running = false;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits on a thread of its own. */
    @Override
    public void stop(Runnable callback) {
        StopThread.start("iocp-clients-stop", this::stop, callback);
    }

    private List<TcpClient> enabled() {
        return clients.values().stream().filter(c -> c.settings().enabled()).toList();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public boolean isPauseable() {
        return false;
    }

    /** Closes whatever there still is. */
    @Override
    public void close() {
        clients.values().forEach(TcpClient::stop);
        names.close();
    }
}
