package io.iocp.engine.nio;

import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Receive buffers of one size, made when first needed, and the line of sockets that wait for one.
 *
 * <p>The memory belongs to the garbage collector (an automatic arena), so that a lease that outlives the loop stays valid;
 * and such an arena costs nothing for each use, where a shared one counts them.
 *
 * <p>Thread: shard holder.
 */
final class ReceiveBufferPool {
    private static final int CHUNK_BYTES = 64 * 1024;

    private final int size;
    private final LeasedBuffer.Owner owner;
    private final AtomicLong memoryBytes;
    private final ArrayDeque<NioSocket> waiting = new ArrayDeque<>();
    private int limit;
    private int made;

    /** The buffer given back last is on top: its memory is the likeliest to be in a cache. */
    @Nullable
    private LeasedBuffer free;

    /**
     * @param memoryBytes counts the native memory of all pools of the loop
     */
    ReceiveBufferPool(int size, int limit, LeasedBuffer.Owner owner, AtomicLong memoryBytes) {
        this.size = size;
        this.limit = limit;
        this.owner = owner;
        this.memoryBytes = memoryBytes;
    }

    int size() {
        return size;
    }

    /**
     * Takes a buffer that nobody has a lease on; null if all are in use.
     *
     * @throws OutOfMemoryError if there is no memory for even one
     */
    @Nullable
    LeasedBuffer take() {
        if (free == null && made < limit) {
            make();
        }
        LeasedBuffer buffer = free;
        if (buffer != null) {
            free = buffer.next;
            buffer.next = null;
        }
        return buffer;
    }

    void giveBack(LeasedBuffer buffer) {
        buffer.next = free;
        free = buffer;
    }

    private void make() {
        int count = Math.min(limit - made, Math.max(1, CHUNK_BYTES / size));
        MemorySegment chunk;
        try {
            chunk = Arena.ofAuto().allocate((long) count * size, 64);
        } catch (OutOfMemoryError e) {
            if (made == 0) {
                throw e;
            }
            limit = made; // go on with what there is
            return;
        }
        memoryBytes.addAndGet(chunk.byteSize());
        for (int i = 0; i < count; i++) {
            giveBack(new LeasedBuffer(chunk.asSlice((long) i * size, size), made++, owner));
        }
    }

    /** Puts a socket at the end of the line, once. */
    void await(NioSocket socket) {
        if (!socket.awaitingBuffer) {
            socket.awaitingBuffer = true;
            waiting.add(socket);
        }
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** True if a socket waits and a buffer is there for it. */
    boolean canResume() {
        return !waiting.isEmpty() && (free != null || made < limit);
    }

    int waiting() {
        return waiting.size();
    }

    /** Takes a socket out of the line that will be another loop's. */
    void forget(NioSocket socket) {
        waiting.remove(socket);
        socket.awaitingBuffer = false;
    }

    NioSocket nextWaiting() {
        NioSocket socket = waiting.remove();
        socket.awaitingBuffer = false;
        return socket;
    }
}
