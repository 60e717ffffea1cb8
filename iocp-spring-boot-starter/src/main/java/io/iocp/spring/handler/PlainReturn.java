package io.iocp.spring.handler;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Returned values that are bytes as they are, or are not sent at all. */
enum PlainReturn implements ReturnValue {
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

    /** What a value of this class is; null if it is none of these. */
    static @Nullable PlainReturn of(Class<?> type) {
        if (ByteBuffer.class.isAssignableFrom(type)) {
            return BUFFER;
        }
        if (type == byte[].class) {
            return BYTES;
        }
        if (type == String.class) {
            return TEXT;
        }
        return type == LeasedBuffer.class ? LEASE : null;
    }

    @Override
    public boolean isKey() {
        return this == KEY;
    }

    @Override
    public boolean isBytes() {
        return true;
    }

    @Override
    public @Nullable LeasedBuffer lease(Object value, BufferPool buffers) {
        LeasedBuffer bytes = switch (this) {
            case NOTHING, KEY -> null;
            case BUFFER -> ReturnValue.copyOf((ByteBuffer) value, buffers);
            case BYTES -> ReturnValue.copyOf(ByteBuffer.wrap((byte[]) value), buffers);
            case TEXT ->
                ReturnValue.copyOf(ByteBuffer.wrap(((String) value).getBytes(StandardCharsets.UTF_8)), buffers);
            case LEASE -> (LeasedBuffer) value;
        };
        if (bytes != null && bytes.length() == 0) {
            bytes.release();
            return null;
        }
        return bytes;
    }

    @Override
    public void send(@Nullable Object value, Exchange exchange) {
        if (value == null) {
            return;
        }
        switch (this) {
            case NOTHING, KEY -> {}
            case BUFFER -> exchange.send((ByteBuffer) value);
            case BYTES -> exchange.send((byte[]) value);
            case TEXT -> exchange.send((String) value);
            case LEASE -> exchange.send((LeasedBuffer) value);
        }
    }
}
