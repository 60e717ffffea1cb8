package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import java.io.Serial;

/** Two handlers claim the same packets. */
public class DuplicateHandlerException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient HandlerEndpoint first;
    private final transient HandlerEndpoint second;
    private final OperationKind kind;

    public DuplicateHandlerException(HandlerEndpoint first, HandlerEndpoint second, OperationKind kind) {
        super(first + " and " + second + " both claim " + kind + " packets of " + first.target());
        this.first = first;
        this.second = second;
        this.kind = kind;
    }

    public HandlerEndpoint first() {
        return first;
    }

    public HandlerEndpoint second() {
        return second;
    }

    public OperationKind kind() {
        return kind;
    }
}
