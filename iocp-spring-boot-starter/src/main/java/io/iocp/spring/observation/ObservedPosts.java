package io.iocp.spring.observation;

import io.iocp.PortListener;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * Gives each post the observation that its poster is in, and with Micrometer's context propagation all else that is registered
 * there. A post outside of any observation carries nothing.
 *
 * <p>Thread: posters.
 */
public final class ObservedPosts implements PortListener {
    private final ObservationRegistry registry;
    private final Function<Observation, PostedContext> capture;

    /** @param registry whose current observation is meant */
    public ObservedPosts(ObservationRegistry registry) {
        this.registry = registry;
        this.capture = ClassUtils.isPresent(
                        "io.micrometer.context.ContextSnapshotFactory", ObservedPosts.class.getClassLoader())
                ? Snapshots.capture()
                : Plain::new;
    }

    @Override
    public @Nullable Object posting(@Nullable Object key) {
        Observation current = registry.getCurrentObservation();
        return current == null ? null : capture.apply(current);
    }

    /** The observation alone. */
    private record Plain(Observation observation) implements PostedContext, AutoCloseable {
        @Override
        public AutoCloseable open() {
            return this;
        }

        @Override
        public void close() {}
    }

    /** Loaded only where context propagation is there. */
    private static final class Snapshots {
        static Function<Observation, PostedContext> capture() {
            ContextSnapshotFactory factory = ContextSnapshotFactory.builder().build();
            return current -> new WithSnapshot(current, factory.captureAll());
        }

        private record WithSnapshot(Observation observation, ContextSnapshot snapshot) implements PostedContext {
            @Override
            public AutoCloseable open() {
                return snapshot.setThreadLocals();
            }
        }
    }
}
