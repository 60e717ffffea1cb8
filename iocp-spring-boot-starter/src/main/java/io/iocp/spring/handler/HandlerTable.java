package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import org.jspecify.annotations.Nullable;

/** The handlers of one target, by kind of packet. Thread: any; changes are seen by packets that come later. */
public final class HandlerTable {
    private static final int KINDS = OperationKind.values().length;

    private volatile @Nullable HandlerEndpoint[] byKind = new @Nullable HandlerEndpoint[KINDS];

    /** The handler of packets of this kind, null for none. */
    public @Nullable HandlerEndpoint of(OperationKind kind) {
        return byKind[kind.ordinal()];
    }

    synchronized void claim(HandlerEndpoint handler) {
        @Nullable HandlerEndpoint[] next = byKind.clone();
        for (OperationKind kind : handler.kinds()) {
            HandlerEndpoint present = next[kind.ordinal()];
            if (present != null) {
                throw new DuplicateHandlerException(present, handler, kind);
            }
            next[kind.ordinal()] = handler;
        }
        byKind = next;
    }
}
