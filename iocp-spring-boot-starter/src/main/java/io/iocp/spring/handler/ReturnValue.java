package io.iocp.spring.handler;

import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What becomes of the value that a handler returns; known from its declared type. */
public enum ReturnValue {
    /** There is none. */
    NOTHING,
    /** Sent from position to limit. */
    BUFFER,
    /** Sent. */
    BYTES,
    /** Sent as UTF-8. */
    TEXT,
    /** Sent without a copy. */
    LEASE,
    /** The completion key of the connection that was accepted. */
    KEY;

    static ReturnValue of(Method method, HandlerTarget target, Set<OperationKind> kinds) {
        Class<?> type = method.getReturnType();
        if (type == void.class || type == Void.class) {
            return NOTHING;
        }
        if (!(target instanceof HandlerTarget.Server)) {
            throw new InvalidHandlerException(
                    method,
                    "returns " + type.getSimpleName() + ", but a packet of " + target
                            + " has no connection that it could be sent to",
                    "Return void, or name a server.");
        }
        if (ByteBuffer.class.isAssignableFrom(type)) {
            return BUFFER;
        }
        if (type == byte[].class) {
            return BYTES;
        }
        if (type == String.class) {
            return TEXT;
        }
        if (type == LeasedBuffer.class) {
            return LEASE;
        }
        if (kinds.equals(Set.of(OperationKind.ACCEPT)) && !type.isPrimitive()) {
            return KEY;
        }
        throw new InvalidHandlerException(
                method,
                "returns " + type.getSimpleName() + ", which cannot be sent",
                "Return void, ByteBuffer, byte[], String or LeasedBuffer; any other type only with"
                        + " kinds = OperationKind.ACCEPT, as the connection's completion key.");
    }

    /** Sends {@code value}, unless it is null or a key. */
    public void send(@Nullable Object value, Replies replies) {
        if (value == null) {
            return;
        }
        switch (this) {
            case NOTHING, KEY -> {}
            case BUFFER -> replies.send((ByteBuffer) value);
            case BYTES -> replies.send((byte[]) value);
            case TEXT -> replies.send((String) value);
            case LEASE -> replies.send((LeasedBuffer) value);
        }
    }
}
