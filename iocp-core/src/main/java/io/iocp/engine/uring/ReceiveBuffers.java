package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.operation.LeasedBuffer;

/**
 * The receive buffers of one size: a {@link BufferRing}, the leases on what the kernel filled, and the receives that wait
 * because every buffer is in use.
 *
 * <p>Thread: shard holder.
 */
final class ReceiveBuffers {
    private final BufferRing ring;
    private final LeasedBuffer[] buffers;

    /** Receives that found no buffer, longest waiting first. */
    final RequestList starved = new RequestList();

    ReceiveBuffers(Libc libc, Ring owner, int group, int count, int bufferBytes, LeasedBuffer.Owner leaseOwner)
            throws LinuxException {
        this.ring = new BufferRing(libc, owner, group, count, bufferBytes);
        this.buffers = new LeasedBuffer[count];
        for (int id = 0; id < count; id++) {
            buffers[id] = new LeasedBuffer(ring.segment(id), group << 16 | id, leaseOwner);
        }
    }

    /** The group in the number that {@link LeasedBuffer#id()} gives. */
    static int group(LeasedBuffer buffer) {
        return buffer.id() >>> 16;
    }

    int group() {
        return ring.group();
    }

    int bufferBytes() {
        return ring.bufferBytes();
    }

    long memoryBytes() {
        return ring.memoryBytes();
    }

    long ringBytes() {
        return ring.ringBytes();
    }

    /** Buffers that the kernel could fill now. */
    int available() {
        return ring.kernelHeld();
    }

    /** The kernel filled a buffer: it gets its first lease. */
    LeasedBuffer filled(int id, int bytes) {
        ring.take(id);
        LeasedBuffer buffer = buffers[id];
        buffer.length(bytes);
        return buffer.lease();
    }

    /** The kernel took a buffer and filled nothing in. */
    void unused(int id) {
        ring.take(id);
        ring.give(id);
    }

    /** Nobody has a lease any more: the kernel may fill it again. */
    void giveBack(LeasedBuffer buffer) {
        ring.give(buffer.id() & 0xffff);
    }
}
