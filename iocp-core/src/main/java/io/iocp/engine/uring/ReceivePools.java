package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.operation.LeasedBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffers of one loop, a pool for each size that its endpoints use; made when the first receive needs one.
 *
 * <p>Thread: shard holder; {@link #receiveBytes} and {@link #ringBytes} any.
 */
final class ReceivePools {
    private final Libc libc;
    private final Ring ring;
    private final int buffersInEach;
    private final LeasedBuffer.Owner leaseOwner;

    /** By group. */
    private ReceiveBuffers[] pools = {};

    private volatile long receiveBytes;
    private volatile long ringBytes;

    /** @param leaseOwner gets a buffer when its last lease ends */
    ReceivePools(Libc libc, Ring ring, int buffersInEach, LeasedBuffer.Owner leaseOwner) {
        this.libc = libc;
        this.ring = ring;
        this.buffersInEach = buffersInEach;
        this.leaseOwner = leaseOwner;
        this.ringBytes = ring.mappedBytes();
    }

    ReceiveBuffers[] all() {
        return pools;
    }

    /** The pool of an endpoint's size, which it keeps; made if there is none. */
    ReceiveBuffers of(UringEndpoint endpoint) throws LinuxException {
        ReceiveBuffers pool = known(endpoint);
        if (pool == null) {
            pool = new ReceiveBuffers(libc, ring, pools.length, buffersInEach, endpoint.receiveBufferSize, leaseOwner);
            pools = Arrays.copyOf(pools, pools.length + 1);
            pools[pool.group()] = pool;
            endpoint.receiveBuffers = pool;
            countMemory();
        }
        return pool;
    }

    /** The pool of an endpoint's size; null if none was made yet. */
    @Nullable
    ReceiveBuffers known(UringEndpoint endpoint) {
        int bytes = endpoint.receiveBufferSize;
        ReceiveBuffers known = endpoint.receiveBuffers;
        if (known != null && known.bufferBytes() == bytes) {
            return known;
        }
        for (ReceiveBuffers pool : pools) {
            if (pool.bufferBytes() == bytes) {
                endpoint.receiveBuffers = pool;
                return pool;
            }
        }
        return null;
    }

    /** A buffer that the kernel does not choose from, for a receive that is tried at once; null if all are out. */
    @Nullable
    LeasedBuffer takeOwn(ReceiveBuffers pool) {
        long before = pool.memoryBytes();
        LeasedBuffer own = pool.takeOwn();
        if (pool.memoryBytes() != before) {
            countMemory();
        }
        return own;
    }

    void giveBack(LeasedBuffer buffer) {
        pools[ReceiveBuffers.group(buffer)].giveBack(buffer);
    }

    private void countMemory() {
        long receive = 0;
        long rings = ring.mappedBytes();
        for (ReceiveBuffers pool : pools) {
            receive += pool.memoryBytes();
            rings += pool.ringBytes();
        }
        receiveBytes = receive;
        ringBytes = rings;
    }

    /** Memory of the buffers. */
    long receiveBytes() {
        return receiveBytes;
    }

    /** Memory of the ring itself and of those that lend buffers. */
    long ringBytes() {
        return ringBytes;
    }
}
