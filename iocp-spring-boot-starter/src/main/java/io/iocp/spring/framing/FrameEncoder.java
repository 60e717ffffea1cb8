package io.iocp.spring.framing;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.nio.ByteBuffer;

/**
 * Makes the bytes of what a handler returns. A bean of this type lets handlers return objects of its type, which are sent as what
 * it makes of them.
 *
 * <p>Thread: any, several at once.
 */
public interface FrameEncoder<T> {

    /** What can be encoded: objects of this class and its subclasses. */
    Class<T> type();

    /** All the bytes to be sent, from position to limit, delimiters and lengths included. They are copied at once. */
    ByteBuffer encode(T frame);

    /**
     * The same in a buffer that is sent without a copy; to be overridden where that matters.
     *
     * @param buffers of the port that sends it
     * @return with its {@linkplain LeasedBuffer#length(int) length} set, and a lease, which becomes the library's
     */
    default LeasedBuffer encode(T frame, BufferPool buffers) {
        ByteBuffer bytes = encode(frame);
        int length = bytes.remaining();
        LeasedBuffer copy = buffers.lease(length);
        copy.length(length);
        copy.data().put(0, bytes, bytes.position(), length);
        return copy;
    }
}
