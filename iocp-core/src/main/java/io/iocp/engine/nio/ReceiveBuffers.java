package io.iocp.engine.nio;

import io.iocp.operation.LeasedBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The loop's receive buffers, one {@link ReceiveBufferPool} for each size in use. Thread: shard holder. */
final class ReceiveBuffers {
    private final int buffersPerSize;
    private final LeasedBuffer.Owner owner;
    private final AtomicLong memoryBytes = new AtomicLong();
    private final List<ReceiveBufferPool> pools = new ArrayList<>();

    ReceiveBuffers(int buffersPerSize, LeasedBuffer.Owner owner) {
        this.buffersPerSize = buffersPerSize;
        this.owner = owner;
    }

    ReceiveBufferPool of(NioSocket socket) {
        return ofSize(socket.receiveBufferSize);
    }

    void giveBack(LeasedBuffer buffer) {
        ofSize(buffer.capacity()).giveBack(buffer);
    }

    /** The pools there are; few, for there is one for each size that some server uses. */
    List<ReceiveBufferPool> pools() {
        return pools;
    }

    boolean canResume() {
        for (int i = 0; i < pools.size(); i++) {
            if (pools.get(i).canResume()) {
                return true;
            }
        }
        return false;
    }

    /** Thread: any. */
    long memoryBytes() {
        return memoryBytes.get();
    }

    private ReceiveBufferPool ofSize(int size) {
        for (int i = 0; i < pools.size(); i++) {
            ReceiveBufferPool pool = pools.get(i);
            if (pool.size() == size) {
                return pool;
            }
        }
        ReceiveBufferPool pool = new ReceiveBufferPool(size, buffersPerSize, owner, memoryBytes);
        pools.add(pool);
        return pool;
    }
}
