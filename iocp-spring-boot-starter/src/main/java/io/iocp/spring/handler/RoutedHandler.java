package io.iocp.spring.handler;

import io.iocp.CompletionHandler;
import io.iocp.operation.OperationKind;
import org.jspecify.annotations.Nullable;

/** A completion handler that passes packets on to annotated methods, and can say to which. */
public interface RoutedHandler extends CompletionHandler {

    /** The handler of a packet of this kind and key, null if there is none. Thread: any. */
    @Nullable
    HandlerEndpoint route(OperationKind kind, @Nullable Object key);

    /** The id of the method, so that it is each method that blocks or does not, and its name that is told. */
    @Override
    default Object identity(OperationKind kind, @Nullable Object key) {
        HandlerEndpoint handler = route(kind, key);
        return handler == null ? CompletionHandler.super.identity(kind, key) : handler.id();
    }

    /** Name of the server that it belongs to, null if it is no server's. */
    @Nullable
    String server();
}
