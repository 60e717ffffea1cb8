package io.iocp.spring.observation;

import io.iocp.spring.handler.ConnectionInfo;
import io.iocp.spring.handler.HandlerEndpoint;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the call of a handler that is observed.
 *
 * <p>It is no {@code ReceiverContext}: bytes that were received carry no trace that could be found without knowing the protocol, and
 * the tracing handlers of receivers begin a new trace where they find none, also if there is a parent: the one who has posted.
 */
public final class HandlerObservationContext extends Observation.Context {
    private final HandlerEndpoint handler;
    private final String port;
    private final String kind;
    private final String status;
    private final @Nullable ConnectionInfo connection;

    HandlerObservationContext(
            HandlerEndpoint handler, String port, String kind, String status, @Nullable ConnectionInfo connection) {
        this.handler = handler;
        this.port = port;
        this.kind = kind;
        this.status = status;
        this.connection = connection;
    }

    /** The one that is called. */
    public HandlerEndpoint handler() {
        return handler;
    }

    /** Name of the completion port. */
    public String port() {
        return port;
    }

    /** Kind of the packet, or the event, as a tag. */
    public String kind() {
        return kind;
    }

    /** Status of the packet as a tag. */
    public String status() {
        return status;
    }

    /** The server's or client's connection; null for others. For conventions that add tags of many values to spans. */
    public @Nullable ConnectionInfo connection() {
        return connection;
    }
}
