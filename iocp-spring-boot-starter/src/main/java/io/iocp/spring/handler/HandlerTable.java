package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of one target, by kind of packet. Whoever handles RECEIVE or SEND handles TLS_RECEIVE or TLS_SEND too, unless
 * another handler claims just that.
 *
 * <p>Thread: any; changes are seen by packets that come later.
 */
public final class HandlerTable {
    private static final int KINDS = OperationKind.values().length;
    private static final int EVENTS = ConnectionEvent.values().length;

    private volatile @Nullable HandlerEndpoint[] byKind = new @Nullable HandlerEndpoint[KINDS];
    private volatile @Nullable HandlerEndpoint[] byEvent = new @Nullable HandlerEndpoint[EVENTS];
    private volatile @Nullable Class<?> frameType;
    private final @Nullable HandlerEndpoint[] claimed = new @Nullable HandlerEndpoint[KINDS]; // guarded by this

    /**
     * Says what the target's frames are, before its first packet; without framing nobody calls this.
     *
     * @param type of what {@link Exchange#frame()} gives; {@code ByteBuffer} for frames that are bytes
     */
    public void frameType(Class<?> type) {
        frameType = type;
    }

    /** Type of the target's frames, null if it has no framing. */
    public @Nullable Class<?> frameType() {
        return frameType;
    }

    /** The handler that is told of this event, null for none. */
    public @Nullable HandlerEndpoint of(ConnectionEvent event) {
        return byEvent[event.ordinal()];
    }

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
        for (ConnectionEvent event : handler.events()) {
            HandlerEndpoint present = byEvent[event.ordinal()];
            if (present != null) {
                throw new DuplicateHandlerException(present, handler, event);
            }
        }
        @Nullable HandlerEndpoint[] events = byEvent.clone();
        handler.events().forEach(event -> events[event.ordinal()] = handler);
        byEvent = events;
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
