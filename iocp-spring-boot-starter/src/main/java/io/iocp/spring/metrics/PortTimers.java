package io.iocp.spring.metrics;

import io.iocp.CompletionHandler;
import io.iocp.PortListener;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.RoutedHandler;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Meters that have to be told of each packet: how long it waited and how long its handler took. Each worker counts for itself, and
 * somebody who asks adds up: a packet pays for two additions, where a timer of Micrometer's costs as much as the library's own
 * way from the kernel to the handler.
 *
 * <p>Thread: workers.
 */
public final class PortTimers implements PortListener {
    private static final OperationKind[] KINDS = OperationKind.values();

    /** There from the start, so that a query finds them on an idle port too; others appear with their first packet. */
    private static final Set<OperationKind> ALWAYS =
            EnumSet.of(OperationKind.POST, OperationKind.ACCEPT, OperationKind.RECEIVE, OperationKind.SEND);

    private final LatencyMeters meters;
    private final String port;
    private final Counter accepted;
    private final Counter refused;
    private final ThreadLatencies ofVirtualThreads = new ThreadLatencies(true, this::latency);

    @SuppressWarnings("ThreadLocalUsage") // for each port: its workers are its own
    private final ThreadLocal<ThreadLatencies> ofThread =
            ThreadLocal.withInitial(() -> new ThreadLatencies(false, this::latency));

    /** Numbers of latencies of handlers follow those of kinds: {@link HandlerEndpoint#index}, then kind. */
    private final Map<Integer, LatencyId> handlers = new ConcurrentHashMap<>();

    public PortTimers(MeterRegistry registry, String port) {
        this.meters = new LatencyMeters(registry);
        this.port = port;
        Tags tags = Tags.of("port", port);
        accepted = posts(registry, tags, "accepted");
        refused = posts(registry, tags, "refused");
        ALWAYS.forEach(kind -> latency(kind.ordinal()));
    }

    private static Counter posts(MeterRegistry registry, Tags tags, String outcome) {
        return Counter.builder("iocp.posts")
                .description("Packets posted by the application")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private Latency latency(int number) {
        if (number >= KINDS.length) {
            LatencyId handler = handlers.get(number);
            if (handler == null) {
                throw new AssertionError("a handler that no packet was routed to: " + number);
            }
            return meters.latency(handler);
        }
        Tags tags = Tags.of("port", port);
        OperationKind kind = KINDS[number];
        return meters.latency(
                kind == OperationKind.POST
                        ? new LatencyId("iocp.post.wait", "Time that a posted packet waited for a worker", tags)
                        : new LatencyId(
                                "iocp.packet.wait",
                                "Time from completion to the start of the handler",
                                tags.and("kind", PortMeters.lowerCase(kind))));
    }

    @Override
    public void posted(@Nullable Object key) {
        accepted.increment();
    }

    @Override
    public void postRefused(@Nullable Object key) {
        refused.increment();
    }

    @Override
    public void handled(
            CompletionHandler handler,
            OperationKind kind,
            Status status,
            @Nullable Object key,
            long waitNanos,
            long handlerNanos) {
        ThreadLatencies latencies = Thread.currentThread().isVirtual() ? ofVirtualThreads : ofThread.get();
        latencies.record(kind.ordinal(), waitNanos);
        if (handler instanceof RoutedHandler routed) {
            HandlerEndpoint endpoint = routed.route(kind, key);
            if (endpoint != null) {
                int number = (endpoint.index() + 1) * KINDS.length + kind.ordinal();
                if (!latencies.knows(number)) {
                    handlers.putIfAbsent(number, idOf(endpoint, kind, routed));
                }
                latencies.record(number, handlerNanos);
            }
        }
    }

    private LatencyId idOf(HandlerEndpoint endpoint, OperationKind kind, RoutedHandler routed) {
        return new LatencyId(
                "iocp.handler",
                "Time that a handler took for a packet",
                Tags.of(
                        "port",
                        port,
                        "server",
                        PortMeters.serverTag(routed.server()),
                        "handler",
                        endpoint.id(),
                        "kind",
                        PortMeters.lowerCase(kind)));
    }
}
