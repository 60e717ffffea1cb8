package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffers of one size: a {@link BufferRing}, the leases on what the kernel filled, and the receives that wait
 * because every buffer is in use.
 *
 * <p>The first receive that finds no buffer makes a crowd, which lasts until none waits. In a crowd receives stand in a queue,
 * and one that has got bytes goes to its end. Of those in the queue the kernel has nothing: their bytes wait in their sockets, and
 * cost nothing there, where the kernel would otherwise wake up at each arrival only to find no buffer. And few buffers are lent,
 * so that few messages are received before the first of them is answered: what the kernel and we know of a connection is then
 * still in the cache. A message of one connection in a thousand so costs little more than one in fifty.
 *
 * <p>Thread: shard holder.
 */
final class ReceiveBuffers {
    /** Marks the number of a buffer that the kernel does not choose from. */
    private static final int OWN = 0x8000;

    /** No more than may be filled outside of the ring before one comes back. */
    private static final int MOST_OWN = 16;

    /** Turns without a buffer that came back, of a loop that is busy with something else. */
    private static final int PATIENT_TURNS = 16;

    /** Buffers that are lent in a crowd. Measured: 32 cost least, 64 as much or a little more, all of 256 a fifth more. */
    private static final int LENT_IN_A_CROWD = 32;

    private final BufferRing ring;
    private final LeasedBuffer[] buffers;
    private final LeasedBuffer.Owner leaseOwner;

    /**
     * Buffers beside the ring's, for receives that are tried at once, and for those that find all of the ring's in use: free
     * ones, the last given back on top.
     */
    @Nullable
    private LeasedBuffer freeOwn;

    private int madeOwn;

    /** Buffers of the ring that came back and are not lent, because it is crowded; the last on top. */
    @Nullable
    private LeasedBuffer heldBack;

    /** The crowd: receives that wait for their turn to get a buffer, longest waiting first. */
    final RequestList queue = new RequestList();

    /** Turns since there was a buffer for those who wait. */
    private int turnsWithout;

    ReceiveBuffers(Libc libc, Ring owner, int group, int count, int bufferBytes, LeasedBuffer.Owner leaseOwner)
            throws LinuxException {
        this.ring = new BufferRing(libc, owner, group, count, bufferBytes);
        this.leaseOwner = leaseOwner;
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
        return ring.memoryBytes() + (long) madeOwn * bufferBytes();
    }

    long ringBytes() {
        return ring.ringBytes();
    }

    /** Buffers that the kernel could fill now. */
    int available() {
        return ring.kernelHeld();
    }

    /** Whether receives wait for their turn. */
    boolean isCrowded() {
        return !queue.isEmpty();
    }

    /** Lends what is held back, as far as there is use for it: when a buffer came back, and once in a turn. */
    void lend() {
        while (heldBack != null && mayBeLent()) {
            LeasedBuffer buffer = heldBack;
            heldBack = buffer.next;
            buffer.next = null;
            ring.give(buffer.id() & 0xffff);
        }
    }

    private boolean mayBeLent() {
        return !isCrowded() || ring.kernelHeld() < LENT_IN_A_CROWD;
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

    /** Whether {@link #takeOwn} would give one. */
    boolean hasOwn() {
        return freeOwn != null || madeOwn < MOST_OWN;
    }

    /** A buffer that the kernel does not choose from, without a lease; null if all are out. */
    @Nullable
    LeasedBuffer takeOwn() {
        LeasedBuffer buffer = freeOwn;
        if (buffer != null) {
            freeOwn = buffer.next;
            buffer.next = null;
        } else if (madeOwn < MOST_OWN) {
            int id = group() << 16 | OWN | madeOwn++;
            buffer = new LeasedBuffer(Arena.ofAuto().allocate(bufferBytes(), 64), id, leaseOwner);
        }
        return buffer;
    }

    /**
     * Whether receives wait for buffers that are not about to come back, because a handler or a slow peer keeps them. To be asked
     * once in a turn. While buffers come and go, those that wait get them in turn, which costs least: with thousands of
     * connections at work at once most of them wait for a moment.
     *
     * @param idle whether this turn has nothing to do that might bring one back
     */
    boolean stalls(boolean idle) {
        if (!isCrowded() || available() > 0) {
            turnsWithout = 0;
            return false;
        }
        turnsWithout++;
        return idle || turnsWithout > PATIENT_TURNS;
    }

    /** Nobody has a lease any more: it may be filled again, by the kernel if it is one of the ring's. */
    void giveBack(LeasedBuffer buffer) {
        if ((buffer.id() & OWN) != 0) {
            buffer.next = freeOwn;
            freeOwn = buffer;
            return;
        }
        buffer.next = heldBack;
        heldBack = buffer;
        lend();
    }
}
