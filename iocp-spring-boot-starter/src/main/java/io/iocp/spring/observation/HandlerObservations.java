package io.iocp.spring.observation;

import io.iocp.OverlappedIO;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.handler.Exchange;
import io.iocp.spring.handler.HandlerDecorator;
import io.iocp.spring.handler.HandlerEndpoint;
import io.iocp.spring.handler.HandlerInvocation;
import io.iocp.spring.handler.HandlerTarget;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Observes each call of a handler. The call of one that handles a post is a child of the observation in which it was posted.
 *
 * <p>Thread: workers.
 */
public final class HandlerObservations implements HandlerDecorator {
    private static final HandlerObservationConvention DEFAULT = new DefaultHandlerObservationConvention();

    private final ObservationRegistry registry;
    private final @Nullable HandlerObservationConvention convention;

    /** @param convention null for the default */
    public HandlerObservations(ObservationRegistry registry, @Nullable HandlerObservationConvention convention) {
        this.registry = registry;
        this.convention = convention;
    }

    @Override
    public HandlerInvocation decorate(HandlerEndpoint handler, HandlerInvocation call) {
        return (exchange, packet) -> {
            if (packet == null || !(packet.postContext() instanceof PostedContext posted)) {
                return observe(handler, call, exchange, packet, null);
            }
            try (AutoCloseable _ = posted.open()) {
                return observe(handler, call, exchange, packet, posted.observation());
            }
        };
    }

    private @Nullable Object observe(
            HandlerEndpoint handler,
            HandlerInvocation call,
            @Nullable Exchange exchange,
            @Nullable OverlappedIO packet,
            @Nullable Observation parent)
            throws Throwable {
        Observation observation = IocpHandlerObservation.CALL.observation(
                convention, DEFAULT, () -> contextOf(handler, exchange, packet), registry);
        if (parent != null) {
            observation.parentObservation(parent);
        }
        observation.start();
        boolean goesOn = false;
        try (Observation.Scope _ = observation.openScope()) {
            Object result = call.invoke(exchange, packet);
            if (result instanceof CompletionStage<?> stage) {
                stage.whenComplete((_, failure) -> stop(observation, failure));
                goesOn = true;
            }
            return result;
        } catch (Throwable t) {
            observation.error(t);
            throw t;
        } finally {
            if (!goesOn) {
                observation.stop();
            }
        }
    }

    private static void stop(Observation observation, @Nullable Throwable failure) {
        if (failure != null) {
            observation.error(failure);
        }
        observation.stop();
    }

    private static HandlerObservationContext contextOf(
            HandlerEndpoint handler, @Nullable Exchange exchange, @Nullable OverlappedIO packet) {
        String kind = packet != null
                ? packet.kind().name()
                : handler.events().contains(ConnectionEvent.DRAIN)
                                && (exchange == null || exchange.connection().isOpen())
                        ? ConnectionEvent.DRAIN.name()
                        : ConnectionEvent.CLOSED.name();
        String port = switch (handler.target()) {
            case HandlerTarget.Server _, HandlerTarget.Client _ ->
                exchange == null ? "" : exchange.connection().port().name();
            case HandlerTarget.Channel channel -> channel.port();
            case HandlerTarget.Port whole -> whole.name();
        };
        return new HandlerObservationContext(
                handler,
                port,
                kind.toLowerCase(Locale.ROOT),
                packet == null ? "none" : packet.status().name().toLowerCase(Locale.ROOT),
                exchange == null ? null : exchange.info());
    }
}
