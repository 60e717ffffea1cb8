package io.iocp.spring.handler;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the value that a handler returns; known from its declared type.
 *
 * <p>Thread: the worker that runs the connection's packet.
 */
public interface ReturnValue {
    /** That there is none. */
    static ReturnValue nothing() {
        return PlainReturn.NOTHING;
    }

    /** Whether it is not sent, but is the completion key of the connection that was accepted. */
    default boolean isKey() {
        return false;
    }

    /**
     * Sends it, now or when it is there.
     *
     * @param value null sends nothing
     * @throws Exception if it cannot be sent: a file that is not there, an encoder that fails
     */
    void send(@Nullable Object value, Exchange exchange) throws Exception;

    /**
     * The value as bytes that are the library's; null if there is nothing to send, or if it {@linkplain #isBytes() is not bytes}.
     *
     * @param buffers of the port that sends them
     */
    default @Nullable LeasedBuffer lease(Object value, BufferPool buffers) {
        return null;
    }

    /** Whether {@link #lease} makes bytes of it at once; all else is only sent where packets of the connection are handled. */
    default boolean isBytes() {
        return false;
    }

    /** A copy of what is from position to limit, which do not change. */
    static LeasedBuffer copyOf(ByteBuffer data, BufferPool buffers) {
        int length = data.remaining();
        LeasedBuffer copy = buffers.lease(length);
        copy.length(length);
        copy.data().put(0, data, data.position(), length);
        return copy;
    }
}
