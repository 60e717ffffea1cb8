package io.iocp;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Copies of bytes whose own memory must not enter the kernel: each with one lease, the caller's. */
final class LibraryCopy {
    private LibraryCopy() {}

    static LeasedBuffer of(MemorySegment data, BufferPool buffers) {
        if (data.byteSize() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    data.byteSize() + " bytes at once must be memory that needs no copy: use Arena.global()");
        }
        int length = (int) data.byteSize();
        LeasedBuffer copy = buffers.lease(length);
        MemorySegment.copy(data, 0, copy.segment(), 0, length);
        copy.length(length);
        return copy;
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
