package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory of the library with a count of the leases on it: handed out with one, returned to its {@link Owner} when the
 * last is released.
 *
 * <p>Thread: {@link #retain()} and {@link #release()} may be called by any thread that has a lease. The bytes belong to one
 * party at a time: the kernel while an operation is in flight on them, else whoever has a lease.
 */
public final class LeasedBuffer {
    /** Takes a buffer back once nobody has a lease on it. Thread: any. */
    public interface Owner {
        void recycle(LeasedBuffer buffer);
    }

    /** One lease of an operation in flight, in the upper half of the count: nobody but the operation can end it. */
    private static final long PINNED = 1L << 32;

    private static final VarHandle LEASES;

    static {
        try {
            LEASES = MethodHandles.lookup().findVarHandle(LeasedBuffer.class, "leases", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MemorySegment segment;
    private final ByteBuffer view;
    private final Owner owner;
    private final int id;
    private int length;
    private @Nullable MemorySegment filled;

    @SuppressWarnings("unused") // through LEASES
    private volatile long leases;

    /** The next buffer in whatever list the buffer's present holder keeps. Only that holder touches it. */
    @Nullable
    public LeasedBuffer next;

    /**
     * @param id the owner's own number for the buffer, such as its id in a provided-buffer ring
     */
    public LeasedBuffer(MemorySegment segment, int id, Owner owner) {
        this.segment = segment;
        this.view = segment.asByteBuffer();
        this.id = id;
        this.owner = owner;
    }

    /** The whole memory; only the first {@link #length()} bytes of a received buffer have a meaning. */
    public MemorySegment segment() {
        return segment;
    }

    /** The one cached view, set anew to the bytes 0 to {@link #length()}. Shared by all who hold the buffer. */
    public ByteBuffer data() {
        return view.clear().limit(length);
    }

    /** The first {@link #length()} bytes of the memory; the slice is kept for the next time with the same length. */
    public MemorySegment filled() {
        MemorySegment slice = filled;
        if (slice == null || slice.byteSize() != length) {
            slice = segment.asSlice(0, length);
            filled = slice;
        }
        return slice;
    }

    /** Size of the memory in bytes. */
    public int capacity() {
        return view.capacity();
    }

    /** Bytes with a meaning, from the start of the memory. */
    public int length() {
        return length;
    }

    public void length(int newLength) {
        length = newLength;
    }

    /** The owner's own number for the buffer. */
    public int id() {
        return id;
    }

    /** Gives out the first lease. Only the owner calls it, on a buffer that nobody has a lease on. */
    public LeasedBuffer lease() {
        LEASES.setRelease(this, 1L);
        return this;
    }

    /**
     * Adds a lease, so that the bytes stay valid after the present holder has let go of its own.
     *
     * @throws IllegalStateException if nobody has a lease: the memory is already someone else's
     */
    public LeasedBuffer retain() {
        while (true) {
            long now = leases;
            if (now <= 0) {
                throw new IllegalStateException("buffer already released: retain() it before its last lease ends");
            }
            // Never a count that is taken back: the buffer may get its first lease anew in between.
            if (LEASES.compareAndSet(this, now, now + 1)) {
                return this;
            }
        }
    }

    /**
     * Ends one lease; the last one returns the memory to its owner.
     *
     * @throws IllegalStateException if there is no lease to end
     */
    public void release() {
        while (true) {
            long now = leases;
            if (now <= 0) {
                throw new IllegalStateException("buffer released more often than it was leased");
            }
            if (now % PINNED == 0) {
                throw new IllegalStateException(
                        "buffer released while it is in flight, by somebody who has no lease on it:"
                                + " the send has taken it over, retain() it before to keep one");
            }
            if (LEASES.compareAndSet(this, now, now - 1)) {
                if (now == 1) {
                    owner.recycle(this);
                }
                return;
            }
        }
    }

    /**
     * Makes a lease one of an operation, which only {@link #unpin()} ends.
     *
     * @throws IllegalStateException if the caller has no lease to give
     */
    public void pin() {
        while (true) {
            long now = leases;
            if (now % PINNED == 0) {
                throw new IllegalStateException(
                        "buffer sent by somebody who has no lease on it: it is released already");
            }
            if (LEASES.compareAndSet(this, now, now - 1 + PINNED)) {
                return;
            }
        }
    }

    /** The operation has not begun, or only borrowed the lease and has ended: it is the caller's again. */
    public void unpinToLease() {
        long before = (long) LEASES.getAndAdd(this, 1 - PINNED);
        assert before >= PINNED : "gave a lease back that no operation has";
    }

    /** The operation has ended, and with it its lease; the last one returns the memory to its owner. */
    public void unpin() {
        long before = (long) LEASES.getAndAdd(this, -PINNED);
        assert before >= PINNED : "ended a lease of an operation that has none";
        if (before == PINNED) {
            owner.recycle(this);
        }
    }
}
