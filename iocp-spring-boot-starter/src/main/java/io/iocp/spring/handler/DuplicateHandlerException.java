package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import java.io.Serial;

/** Two handlers claim the same packets. */
public class DuplicateHandlerException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient HandlerEndpoint first;
    private final transient HandlerEndpoint second;
    private final String claim;

    public DuplicateHandlerException(HandlerEndpoint first, HandlerEndpoint second, OperationKind kind) {
        this(first, second, kind + " packets");
    }

    public DuplicateHandlerException(HandlerEndpoint first, HandlerEndpoint second, ConnectionEvent event) {
        this(first, second, event + " events");
    }

    private DuplicateHandlerException(HandlerEndpoint first, HandlerEndpoint second, String claim) {
        super(first + " and " + second + " both claim the " + claim + " of " + first.target());
        this.first = first;
        this.second = second;
        this.claim = claim;
    }

    public HandlerEndpoint first() {
        return first;
    }

    public HandlerEndpoint second() {
        return second;
    }

    /** What both want: packets of a kind, or events. */
    public String claim() {
        return claim;
    }
}
