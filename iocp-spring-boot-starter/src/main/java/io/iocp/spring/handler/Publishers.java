package io.iocp.spring.handler;

import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.FlowAdapters;
import org.reactivestreams.Publisher;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.util.ClassUtils;

/** Knows which returned types publish what is to be sent: the JDK's, and with Reactive Streams those that Spring knows. */
final class Publishers {
    private static final boolean REACTIVE_STREAMS =
            ClassUtils.isPresent("org.reactivestreams.Publisher", Publishers.class.getClassLoader());

    private Publishers() {}

    /** Makes the JDK's publisher of a value of this type; null if the type does not publish. */
    static @Nullable Function<Object, Flow.Publisher<?>> of(Class<?> type) {
        if (Flow.Publisher.class.isAssignableFrom(type)) {
            return value -> (Flow.Publisher<?>) value;
        }
        return REACTIVE_STREAMS ? Reactive.of(type) : null;
    }

    /** Loaded only where Reactive Streams are there. */
    private static final class Reactive {
        static @Nullable Function<Object, Flow.Publisher<?>> of(Class<?> type) {
            if (Publisher.class.isAssignableFrom(type)) {
                return value -> FlowAdapters.toFlowPublisher((Publisher<?>) value);
            }
            ReactiveAdapter adapter =
                    ReactiveAdapterRegistry.getSharedInstance().getAdapter(type);
            if (adapter == null || adapter.isNoValue()) {
                return null;
            }
            return value -> FlowAdapters.toFlowPublisher(adapter.toPublisher(value));
        }
    }
}
