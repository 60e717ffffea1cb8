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
import io.micrometer.core.instrument.Timer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Meters that have to be told of each packet: how long it waited and how long its handler took. Every timer is found by an
 * index, so that a packet pays for the recording only.
 *
 * <p>Thread: workers.
 */
public final class PortTimers implements PortListener {
    private static final int KINDS = OperationKind.values().length;

    private final MeterRegistry registry;
    private final String port;
    private final Counter accepted;
    private final Counter refused;
    private final Timer postWait;
    private final Timer[] packetWait = new Timer[KINDS];

    /** By {@link HandlerEndpoint#index} and kind; grows. A lost update only means that a timer is looked up once more. */
    private volatile @Nullable Timer[] handlerTimers = new @Nullable Timer[0];

    public PortTimers(MeterRegistry registry, String port) {
        this.registry = registry;
        this.port = port;
        Tags tags = Tags.of("port", port);
        accepted = posts(tags, "accepted");
        refused = posts(tags, "refused");
        postWait = Timer.builder("iocp.post.wait")
                .description("Time that a posted packet waited for a worker")
                .tags(tags)
                .register(registry);
        for (OperationKind kind : OperationKind.values()) {
            packetWait[kind.ordinal()] = kind == OperationKind.POST
                    ? postWait
                    : Timer.builder("iocp.packet.wait")
                            .description("Time from completion to the start of the handler")
                            .tags(tags.and("kind", PortMeters.lowerCase(kind)))
                            .register(registry);
        }
    }

    private Counter posts(Tags tags, String outcome) {
        return Counter.builder("iocp.posts")
                .description("Packets posted by the application")
                .tags(tags.and("outcome", outcome))
                .register(registry);
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
        packetWait[kind.ordinal()].record(waitNanos, TimeUnit.NANOSECONDS);
        if (handler instanceof RoutedHandler routed) {
            HandlerEndpoint endpoint = routed.route(kind, key);
            if (endpoint != null) {
                timerOf(endpoint, kind, routed).record(handlerNanos, TimeUnit.NANOSECONDS);
            }
        }
    }

    private Timer timerOf(HandlerEndpoint endpoint, OperationKind kind, RoutedHandler routed) {
        int index = endpoint.index() * KINDS + kind.ordinal();
        @Nullable Timer[] known = handlerTimers;
        Timer timer = index < known.length ? known[index] : null;
        if (timer == null) {
            timer = Timer.builder("iocp.handler")
                    .description("Time that a handler took for a packet")
                    .tags(
                            "port",
                            port,
                            "server",
                            PortMeters.serverTag(routed.server()),
                            "handler",
                            endpoint.id(),
                            "kind",
                            PortMeters.lowerCase(kind))
                    .register(registry);
            @Nullable Timer[] more = Arrays.copyOf(known, Math.max(known.length, index + 1));
            more[index] = timer;
            handlerTimers = more;
        }
        return timer;
    }
}
