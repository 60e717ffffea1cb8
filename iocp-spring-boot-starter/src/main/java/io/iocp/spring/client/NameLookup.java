package io.iocp.spring.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks up names of hosts on threads of its own, since the platform's resolver waits for the network, and no call of it comes back
 * early. At most two, which end when there is nothing to look up: what waits for them are the tries of clients, one for each
 * connection at most. No virtual threads: a look-up is a native call, which would keep a carrier of everybody else's.
 *
 * <p>Thread: any.
 */
final class NameLookup implements AutoCloseable {
    private static final int MOST_THREADS = 2;
    private static final long IDLE_SECONDS = 10;

    /**
     * What was found.
     *
     * @param failure null if there are addresses
     */
    record Found(List<InetAddress> addresses, @Nullable Exception failure) {}

    private final HostResolver resolver;
    private final AtomicInteger number = new AtomicInteger();
    private final ThreadPoolExecutor threads;

    NameLookup(HostResolver resolver) {
        this.resolver = resolver;
        this.threads = new ThreadPoolExecutor(
                MOST_THREADS, MOST_THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "iocp-dns-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Looks the name up.
     *
     * @param then is told on one of the threads; at once on this one if {@code host} is an address, or nothing is looked up any more
     */
    void find(String host, Consumer<Found> then) {
        InetAddress literal = literal(host);
        if (literal != null) {
            then.accept(new Found(List.of(literal), null));
            return;
        }
        try {
            threads.execute(() -> then.accept(look(host)));
        } catch (RejectedExecutionException e) {
            then.accept(new Found(List.of(), e));
        }
    }

    private static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private Found look(String host) {
        try {
            List<InetAddress> addresses = List.copyOf(resolver.addresses(host));
            return addresses.isEmpty()
                    ? new Found(addresses, new UnknownHostException(host + ": has no address"))
                    : new Found(addresses, null);
        } catch (UnknownHostException | RuntimeException e) {
            return new Found(List.of(), e);
        }
    }

    /** Looks nothing up any more. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
