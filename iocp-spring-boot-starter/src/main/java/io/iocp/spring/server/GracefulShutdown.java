package io.iocp.spring.server;

import io.iocp.spring.connection.StopThread;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.SmartLifecycle;

/**
 * Ends servers in good order, one phase before they are stopped: the application is not ready any more, nothing more is accepted,
 * and connections are closed, spread over the jitter, as soon as their handlers have returned and what they sent has left. What
 * is left at the deadline is reset.
 */
public final class GracefulShutdown implements SmartLifecycle {
    /** The phase of Boot's graceful shutdown of web servers, copied since that module is optional. */
    public static final int PHASE = DEFAULT_PHASE - 1024;

    private static final Logger LOG = LoggerFactory.getLogger(GracefulShutdown.class);

    private final TcpServers servers;
    private final Duration deadline;
    private final Duration jitter;
    private final Consumer<Object> events;
    private volatile boolean running;

    /**
     * @param deadline until everything that is left is reset
     * @param jitter over which the closes are spread; shorter than the deadline
     * @param events is given an {@link AvailabilityChangeEvent} before anything else happens
     */
    public GracefulShutdown(TcpServers servers, Duration deadline, Duration jitter, Consumer<Object> events) {
        this.servers = servers;
        this.deadline = deadline;
        this.jitter = jitter;
        this.events = events;
    }

    public Duration deadline() {
        return deadline;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        drain();
        running = false;
    }

    /** Waits on a thread of its own, so that Boot's web servers have the same time for theirs. */
    @Override
    public void stop(Runnable callback) {
        StopThread.start("iocp-shutdown", this::stop, callback);
    }

    private void drain() {
        events.accept(new AvailabilityChangeEvent<>(this, ReadinessState.REFUSING_TRAFFIC));
        long end = System.nanoTime() + deadline.toNanos();
        servers.servers().forEach(server -> server.drain(jitter));
        boolean interrupted = false;
        for (TcpServer server : servers.servers()) {
            try {
                server.awaitEmpty(end);
            } catch (InterruptedException e) {
                interrupted = true; // somebody is in a hurry: what is left is reset
                break;
            }
        }
        int left = servers.connections();
        if (left > 0) {
            LOG.warn("{} connections were still busy after {} and are reset", left, deadline);
        }
        servers.servers().forEach(TcpServer::stop);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
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
}
