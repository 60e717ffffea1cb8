package io.iocp;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Copies of bytes whose own memory must not enter the kernel: each with one lease, the caller's. */
final class LibraryCopy {
    private LibraryCopy() {}

    static LeasedBuffer of(MemorySegment data, BufferPool buffers) {
        int length = checkedLength(data.byteSize());
        LeasedBuffer copy = buffers.lease(length);
        try {
            MemorySegment.copy(data, 0, copy.segment(), 0, length);
        } catch (RuntimeException e) {
            copy.release(); // the caller's memory is freed, or another thread's
            throw e;
        }
        copy.length(length);
        return copy;
    }

    /** @throws IllegalArgumentException if one copy cannot hold as many bytes */
    static int checkedLength(long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    bytes + " bytes that have to be copied, and more than " + Integer.MAX_VALUE
                            + " at once cannot be: use memory of the global arena, or do it in several goes");
        }
        return (int) bytes;
    }

    /** From its position to its limit, neither of which changes. */
    static LeasedBuffer of(ByteBuffer data, BufferPool buffers) {
        int length = data.remaining();
        LeasedBuffer copy = buffers.lease(length);
        copy.length(length);
        copy.data().put(0, data, data.position(), length);
        return copy;
    }
}
