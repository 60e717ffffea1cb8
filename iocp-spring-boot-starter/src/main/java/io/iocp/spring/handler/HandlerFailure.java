package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import org.jspecify.annotations.Nullable;

/**
 * A handler has thrown, or the stage that it returned has failed, or what it returned could not be sent: a file is missing, an
 * encoder has thrown.
 *
 * @param handler the one that failed
 * @param kind of the packet; null for an event
 * @param connection null for a channel and for a whole port
 * @param replies sends to the connection; null where nothing can be sent: for a channel, a whole port, an accept, a closed
 *     connection
 * @param exception what was thrown
 */
public record HandlerFailure(
        HandlerEndpoint handler,
        @Nullable OperationKind kind,
        @Nullable ConnectionInfo connection,
        @Nullable Replies replies,
        Exception exception) {}
