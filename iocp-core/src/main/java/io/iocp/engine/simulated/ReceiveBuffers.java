package io.iocp.engine.simulated;

import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The loop's receive buffers, as many of each size in use as the loop may have, and the requests that wait for one. Thread:
 * shard holder, but for {@link #memoryBytes()}.
 */
final class ReceiveBuffers {
    /** The buffers of one size. */
    private static final class Pool {
        final int size;
        final ArrayDeque<LeasedBuffer> free = new ArrayDeque<>();
        final Set<Request> waiting = new LinkedHashSet<>();
        int made;

        Pool(int size) {
            this.size = size;
        }
    }

    private final int buffersPerSize;
    private final LeasedBuffer.Owner owner;
    private final List<Pool> pools = new ArrayList<>();
    private final AtomicLong memoryBytes = new AtomicLong();

    ReceiveBuffers(int buffersPerSize, LeasedBuffer.Owner owner) {
        this.buffersPerSize = buffersPerSize;
        this.owner = owner;
    }

    /** A buffer that nobody has a lease on; null if all are in use. */
    @Nullable
    LeasedBuffer take(int size) {
        Pool pool = ofSize(size);
        if (pool.free.isEmpty() && pool.made < buffersPerSize) {
            make(pool);
        }
        return pool.free.poll();
    }

    private void make(Pool pool) {
        // The garbage collector's memory, so that a lease that outlives the loop stays valid.
        MemorySegment chunk = Arena.ofAuto().allocate((long) buffersPerSize * pool.size, 64);
        while (pool.made < buffersPerSize) {
            pool.free.add(new LeasedBuffer(chunk.asSlice((long) pool.made * pool.size, pool.size), pool.made, owner));
            pool.made++;
        }
        memoryBytes.addAndGet(chunk.byteSize());
    }

    /** Whether a request waits for a buffer of this size. */
    boolean hasWaiting(int size) {
        return !ofSize(size).waiting.isEmpty();
    }

    void await(Request request) {
        ofSize(request.endpoint.receiveBufferSize).waiting.add(request);
    }

    /**
     * Takes a buffer back.
     *
     * @return all who wait for one of its size: the first may have no use for it any more, and must not keep it from the rest
     */
    List<Request> giveBack(LeasedBuffer buffer) {
        Pool pool = ofSize(buffer.capacity());
        pool.free.addFirst(buffer);
        if (pool.waiting.isEmpty()) {
            return List.of();
        }
        List<Request> waiting = List.copyOf(pool.waiting);
        pool.waiting.clear();
        return waiting;
    }

    /** The loop is closed: nobody will wait any more. */
    void forget() {
        pools.clear();
    }

    /** Thread: any. */
    long memoryBytes() {
        return memoryBytes.get();
    }

    private Pool ofSize(int size) {
        for (Pool pool : pools) {
            if (pool.size == size) {
                return pool;
            }
        }
        Pool pool = new Pool(size);
        pools.add(pool);
        return pool;
    }
}
