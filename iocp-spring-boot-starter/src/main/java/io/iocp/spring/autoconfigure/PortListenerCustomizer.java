package io.iocp.spring.autoconfigure;

import io.iocp.CompletionHandler;
import io.iocp.HandOver;
import io.iocp.PortListener;
import io.iocp.PortOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Adds a listener to the port, behind the one that it may have already. */
public final class PortListenerCustomizer implements CompletionPortCustomizer {
    private final Function<String, PortListener> listenerOf;

    /** @param listenerOf makes the listener for a port of this name */
    public PortListenerCustomizer(Function<String, PortListener> listenerOf) {
        this.listenerOf = listenerOf;
    }

    @Override
    public PortOptions customize(PortOptions options) {
        PortListener present = options.listener();
        PortListener added = listenerOf.apply(options.name());
        return options.listener(present == null ? added : new Both(present, added));
    }

    private record Both(PortListener first, PortListener second) implements PortListener {
        /** One thing can go with a packet: the first that has something gives it. */
        @Override
        public @Nullable Object posting(@Nullable Object key) {
            Object context = first.posting(key);
            return context != null ? context : second.posting(key);
        }

        @Override
        public void posted(@Nullable Object key) {
            first.posted(key);
            second.posted(key);
        }

        @Override
        public void postRefused(@Nullable Object key) {
            first.postRefused(key);
            second.postRefused(key);
        }

        @Override
        public void startRefused(OperationKind kind) {
            first.startRefused(kind);
            second.startRefused(kind);
        }

        @Override
        public void handled(
                CompletionHandler handler,
                OperationKind kind,
                Status status,
                @Nullable Object key,
                long waitNanos,
                long handlerNanos) {
            first.handled(handler, kind, status, key, waitNanos, handlerNanos);
            second.handled(handler, kind, status, key, waitNanos, handlerNanos);
        }

        @Override
        public void handlerFailed(
                CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {
            first.handlerFailed(handler, kind, key, failure);
            second.handlerFailed(handler, kind, key, failure);
        }

        @Override
        public void unclaimed(OperationKind kind, @Nullable Object key) {
            first.unclaimed(kind, key);
            second.unclaimed(kind, key);
        }

        @Override
        public void connectionClosed(@Nullable Object key, Status reason) {
            first.connectionClosed(key, reason);
            second.connectionClosed(key, reason);
        }

        @Override
        public void handedOver(HandOver handOver) {
            first.handedOver(handOver);
            second.handedOver(handOver);
        }

        @Override
        public void learnedBlocking(String handler) {
            first.learnedBlocking(handler);
            second.learnedBlocking(handler);
        }

        @Override
        public void allWorkersBlocked(int workers) {
            first.allWorkersBlocked(workers);
            second.allWorkersBlocked(workers);
        }

        @Override
        public void closing() {
            first.closing();
            second.closing();
        }
    }
}
