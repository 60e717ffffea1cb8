package io.iocp.spring.handler;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
        if (!target.hasExchange()) {
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

    /**
     * The value as bytes that are the library's; null if there is nothing to send.
     *
     * @param buffers of the port that sends them
     */
    public @Nullable LeasedBuffer lease(Object value, BufferPool buffers) {
        LeasedBuffer bytes = switch (this) {
            case NOTHING, KEY -> null;
            case BUFFER -> copyOf((ByteBuffer) value, buffers);
            case BYTES -> copyOf(ByteBuffer.wrap((byte[]) value), buffers);
            case TEXT -> copyOf(ByteBuffer.wrap(((String) value).getBytes(StandardCharsets.UTF_8)), buffers);
            case LEASE -> (LeasedBuffer) value;
        };
        if (bytes != null && bytes.length() == 0) {
            bytes.release();
            return null;
        }
        return bytes;
    }

    /** A copy of what is from position to limit, which do not change. */
    public static LeasedBuffer copyOf(ByteBuffer data, BufferPool buffers) {
        int length = data.remaining();
        LeasedBuffer copy = buffers.lease(length);
        copy.length(length);
        copy.data().put(0, data, data.position(), length);
        return copy;
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
