package io.iocp.operation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;

/**
 * Native memory that may enter the kernel directly: buffers in powers of two from 256 bytes to 1 MiB, kept for reuse; larger
 * ones are made for one lease and freed by the garbage collector.
 *
 * <p>Thread: any. Bound: a size keeps at most 1,024 free buffers (fewer of the large ones); more are let go. How many are out
 * at once is bounded by the port's operations in flight.
 */
public final class BufferPool implements LeasedBuffer.Owner {
    private static final MemorySegment.Scope GLOBAL = Arena.global().scope();
    private static final int CACHE_LINE_BYTES = 64;
    /** What O_DIRECT wants an address to be a multiple of on most devices. */
    private static final int PAGE_BYTES = 4096;

    private static final int SMALLEST_SHIFT = 8;
    private static final int LARGEST_SHIFT = 20;
    private static final int MOST_FREE = 1024;
    private static final int MOST_FREE_BYTES = 16 << 20;

    private final MpmcVarHandleArrayQueue<LeasedBuffer>[] free;
    private final AtomicLong allocatedBytes = new AtomicLong();

    @SuppressWarnings({"unchecked", "rawtypes"})
    public BufferPool() {
        free = new MpmcVarHandleArrayQueue[LARGEST_SHIFT - SMALLEST_SHIFT + 1];
        for (int i = 0; i < free.length; i++) {
            int most = Math.min(MOST_FREE, MOST_FREE_BYTES >> (SMALLEST_SHIFT + i));
            free[i] = new MpmcVarHandleArrayQueue(most);
        }
    }

    /**
     * A buffer of at least {@code bytes} bytes, with one lease and length 0. Its content is undefined. Its address is a
     * multiple of 64; from 4096 bytes on, of 4096, as files that are opened DIRECT want it.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public LeasedBuffer lease(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a buffer cannot have a negative size: " + bytes);
        }
        if (bytes > 1 << LARGEST_SHIFT) {
            return new LeasedBuffer(Arena.ofAuto().allocate(bytes, PAGE_BYTES), -1, this).lease();
        }
        int index = bytes <= 1 << SMALLEST_SHIFT ? 0 : 32 - Integer.numberOfLeadingZeros(bytes - 1) - SMALLEST_SHIFT;
        LeasedBuffer buffer = free[index].poll();
        if (buffer == null) {
            buffer = allocate(index);
        }
        buffer.length(0);
        return buffer.lease();
    }

    private LeasedBuffer allocate(int index) {
        long size = 1L << (SMALLEST_SHIFT + index);
        allocatedBytes.addAndGet(size);
        // An automatic arena: memory that somebody still refers to, the in-flight table for one, is never freed.
        return new LeasedBuffer(
                Arena.ofAuto().allocate(size, size < PAGE_BYTES ? CACHE_LINE_BYTES : PAGE_BYTES), index, this);
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        if (buffer.id() >= 0 && !free[buffer.id()].offer(buffer)) {
            allocatedBytes.addAndGet(-buffer.capacity());
        }
    }

    /** Native bytes of all buffers that the pool has made and not let go. */
    public long allocatedBytes() {
        return allocatedBytes.get();
    }

    /**
     * Whether the kernel may be given this memory as it is: it is native and cannot be freed under an operation. Everything
     * else is copied.
     */
    public static boolean mayEnterKernel(MemorySegment segment) {
        return segment.isNative() && segment.scope().equals(GLOBAL);
    }
}
