package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of one target, by kind of packet. Whoever handles RECEIVE or SEND handles TLS_RECEIVE or TLS_SEND too, unless
 * another handler claims just that.
 *
 * <p>Thread: any; changes are seen by packets that come later.
 */
public final class HandlerTable {
    private static final int KINDS = OperationKind.values().length;

    private volatile @Nullable HandlerEndpoint[] byKind = new @Nullable HandlerEndpoint[KINDS];
    private final @Nullable HandlerEndpoint[] claimed = new @Nullable HandlerEndpoint[KINDS]; // guarded by this

    /** The handler of packets of this kind, null for none. */
    public @Nullable HandlerEndpoint of(OperationKind kind) {
        return byKind[kind.ordinal()];
    }

    synchronized void claim(HandlerEndpoint handler) {
        for (OperationKind kind : handler.kinds()) {
            HandlerEndpoint present = claimed[kind.ordinal()];
            if (present != null) {
                throw new DuplicateHandlerException(present, handler, kind);
            }
        }
        handler.kinds().forEach(kind -> claimed[kind.ordinal()] = handler);
        @Nullable HandlerEndpoint[] next = claimed.clone();
        standIn(next, OperationKind.RECEIVE, OperationKind.TLS_RECEIVE);
        standIn(next, OperationKind.SEND, OperationKind.TLS_SEND);
        byKind = next;
    }

    private static void standIn(@Nullable HandlerEndpoint[] handlers, OperationKind plain, OperationKind secure) {
        if (handlers[secure.ordinal()] == null) {
            handlers[secure.ordinal()] = handlers[plain.ordinal()];
        }
    }
}
