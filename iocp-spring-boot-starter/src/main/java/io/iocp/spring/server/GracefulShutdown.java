package io.iocp.spring.server;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Ends servers in good order, one phase before they are stopped: no more accepts, idle connections closed, and the others as
 * soon as their handlers have returned and what they sent has left, but no later than the deadline.
 */
public final class GracefulShutdown implements SmartLifecycle {
    /** The phase of Boot's graceful shutdown of web servers, copied since that module is optional. */
    public static final int PHASE = DEFAULT_PHASE - 1024;

    private static final Logger LOG = LoggerFactory.getLogger(GracefulShutdown.class);
    private static final long LOOK_EVERY_NANOS = Duration.ofMillis(5).toNanos();

    private final TcpServers servers;
    private final Duration deadline;
    private volatile boolean running;

    public GracefulShutdown(TcpServers servers, Duration deadline) {
        this.servers = servers;
        this.deadline = deadline;
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
        Thread thread = new Thread(
                () -> {
                    try {
                        stop();
                    } finally {
                        callback.run();
                    }
                },
                "iocp-shutdown");
        thread.setDaemon(true);
        thread.start();
    }

    private void drain() {
        long end = System.nanoTime() + deadline.toNanos();
        servers.servers().forEach(TcpServer::drain);
        while (servers.connections() > 0 && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
        int left = servers.connections();
        if (left > 0) {
            LOG.warn("{} connections were still busy after {} and are closed", left, deadline);
        }
        servers.servers().forEach(TcpServer::stop);
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
