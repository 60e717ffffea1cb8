package io.iocp.operation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that may enter the kernel directly: buffers in powers of two from 256 bytes to 1 MiB, kept for reuse; larger
 * ones are made for one lease and freed by the garbage collector.
 *
 * <p>Thread: any. Bound: without a {@linkplain #bound bound} a size keeps at most 1,024 free buffers (fewer of the large ones), and
 * more are let go; how many are out at once is bounded by the port's operations in flight. With one, what was made is kept, since
 * what is let go takes memory until the next garbage collection, and free buffers are let go only where another size needs the room.
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
    private final LongAdder leasedBytes = new LongAdder();

    /** Free buffers that there is no room for in {@link #free}; used only with a bound. */
    private final ConcurrentLinkedQueue<LeasedBuffer>[] more;

    private volatile long mostBytes = Long.MAX_VALUE;
    private volatile LongSupplier besides = () -> 0;

    @SuppressWarnings({"unchecked", "rawtypes"})
    public BufferPool() {
        free = new MpmcVarHandleArrayQueue[LARGEST_SHIFT - SMALLEST_SHIFT + 1];
        for (int i = 0; i < free.length; i++) {
            int most = Math.min(MOST_FREE, MOST_FREE_BYTES >> (SMALLEST_SHIFT + i));
            free[i] = new MpmcVarHandleArrayQueue(most);
        }
        more = new ConcurrentLinkedQueue[free.length];
        for (int i = 0; i < more.length; i++) {
            more[i] = new ConcurrentLinkedQueue<>();
        }
    }

    /**
     * Bounds the memory of all buffers, free ones among them, and of something else together. Leases that would exceed it are
     * refused from now on; what there is stays.
     *
     * @param bytes {@link Long#MAX_VALUE} for no bound
     * @param otherBytes that count as well. Thread: any
     */
    public void bound(long bytes, LongSupplier otherBytes) {
        besides = otherBytes;
        mostBytes = bytes;
    }

    /**
     * A buffer of at least {@code bytes} bytes, with one lease and length 0. Its content is undefined. Its address is a
     * multiple of 64; from 4096 bytes on, of 4096, as files that are opened DIRECT want it.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     * @throws TooMuchMemoryException if that is more than there may be
     */
    public LeasedBuffer lease(int bytes) {
        return lease(bytes, false);
    }

    /** As {@link #lease}, for what has begun and must go on: it counts, and is never refused. */
    public LeasedBuffer leaseAnyway(int bytes) {
        return lease(bytes, true);
    }

    private LeasedBuffer lease(int bytes, boolean anyway) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a buffer cannot have a negative size: " + bytes);
        }
        if (bytes > 1 << LARGEST_SHIFT) {
            reserve(bytes, anyway);
            leasedBytes.add(bytes);
            return new LeasedBuffer(Arena.ofAuto().allocate(bytes, PAGE_BYTES), -1, this).lease();
        }
        int index = bytes <= 1 << SMALLEST_SHIFT ? 0 : 32 - Integer.numberOfLeadingZeros(bytes - 1) - SMALLEST_SHIFT;
        LeasedBuffer buffer = free[index].poll();
        if (buffer == null) {
            buffer = more[index].poll();
        }
        if (buffer == null) {
            buffer = allocate(index, anyway);
        }
        leasedBytes.add(buffer.capacity());
        buffer.length(0);
        return buffer.lease();
    }

    /** Counts memory that is about to be made, if there may be as much. */
    private void reserve(long bytes, boolean anyway) {
        long most = mostBytes;
        long now = allocatedBytes.addAndGet(bytes);
        if (anyway || most == Long.MAX_VALUE) {
            return;
        }
        long others = besides.getAsLong();
        for (int i = free.length - 1; i >= 0 && now + others > most; i--) {
            for (LeasedBuffer idle = pollFree(i); idle != null; idle = pollFree(i)) {
                now = allocatedBytes.addAndGet(-idle.capacity()); // nobody refers to it any more
                if (now + others <= most) {
                    break;
                }
            }
        }
        if (now + others > most) {
            allocatedBytes.addAndGet(-bytes);
            throw new TooMuchMemoryException("the port may have " + most + " bytes of native memory, and has "
                    + (now - bytes) + " for sends and " + others + " for other things: no room for " + bytes + " more");
        }
    }

    private @Nullable LeasedBuffer pollFree(int index) {
        LeasedBuffer idle = more[index].poll();
        return idle == null ? free[index].poll() : idle;
    }

    private LeasedBuffer allocate(int index, boolean anyway) {
        long size = 1L << (SMALLEST_SHIFT + index);
        reserve(size, anyway);
        // An automatic arena: memory that somebody still refers to, the in-flight table for one, is never freed.
        return new LeasedBuffer(
                Arena.ofAuto().allocate(size, size < PAGE_BYTES ? CACHE_LINE_BYTES : PAGE_BYTES), index, this);
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        leasedBytes.add(-buffer.capacity());
        if (buffer.id() < 0) {
            allocatedBytes.addAndGet(-buffer.capacity());
        } else if (!free[buffer.id()].offer(buffer)) {
            if (mostBytes == Long.MAX_VALUE) {
                allocatedBytes.addAndGet(-buffer.capacity());
            } else {
                more[buffer.id()].offer(buffer);
            }
        }
    }

    /** Native bytes of all buffers that the pool has made and not let go. */
    public long allocatedBytes() {
        return allocatedBytes.get();
    }

    /** Native bytes of buffers that somebody has. */
    public long leasedBytes() {
        return leasedBytes.sum();
    }

    /**
     * Whether the kernel may be given this memory as it is: it is native and cannot be freed under an operation. Everything
     * else is copied.
     */
    public static boolean mayEnterKernel(MemorySegment segment) {
        return segment.isNative() && segment.scope().equals(GLOBAL);
    }
}
