package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.MappedMemory;
import io.iocp.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Receive buffers of one size, lent to the kernel, which picks one only when bytes are there.
 *
 * <p>A buffer is either the kernel's or ours: {@link #take} when a completion names it, {@link #give} when nobody uses it any
 * more. The memory stays valid for as long as somebody can reach one of its segments, so a stale view never crashes the JVM.
 *
 * <p>Thread: shard holder.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/io_uring_register_buf_ring.3.html">io_uring_register_buf_ring(3)</a>
 */
final class BufferRing {
    private final Ring ring;
    private final int group;
    private final int buffers;
    private final int bufferBytes;
    private final int mask;
    private final MemorySegment entries;
    private final MemorySegment memory;
    private final long entriesAddress;
    private final long memoryAddress;
    private final boolean[] ours;
    private int kernelHeld;
    private short tail;

    /**
     * Registers {@code buffers} (a power of two) of {@code bufferBytes} as buffer group {@code group} and lends them all.
     *
     * @throws LinuxException if the kernel refuses
     */
    BufferRing(Libc libc, Ring ring, int group, int buffers, int bufferBytes) throws LinuxException {
        if (!UringAbi.isPowerOfTwo(buffers) || buffers > UringAbi.MAX_BUF_RING_ENTRIES) {
            throw new IllegalArgumentException(
                    "a buffer ring has a power of two of at most 32768 buffers, not " + buffers);
        }
        this.ring = ring;
        this.group = group;
        this.buffers = buffers;
        this.bufferBytes = bufferBytes;
        this.mask = buffers - 1;
        // The kernel wants the ring on a page boundary, which mapped memory has.
        this.entries = MappedMemory.allocate(libc, (long) buffers * UringAbi.BUF_BYTES);
        this.memory = MappedMemory.allocate(libc, (long) buffers * bufferBytes);
        this.entriesAddress = entries.address();
        this.memoryAddress = memory.address();
        this.ours = new boolean[buffers];
        register();
        for (int id = 0; id < buffers; id++) {
            ours[id] = true;
            give(id);
        }
    }

    private void register() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long registration = arena.allocate(UringAbi.BUF_REG_BYTES, 8).address();
            Memory.putLong(registration + UringAbi.BUF_REG_RING_ADDR, entriesAddress);
            Memory.putInt(registration + UringAbi.BUF_REG_RING_ENTRIES, buffers);
            Memory.putShort(registration + UringAbi.BUF_REG_BGID, (short) group);
            int result = ring.register(UringAbi.REGISTER_PBUF_RING, registration, 1);
            if (result < 0) {
                throw new LinuxException("registering " + buffers + " receive buffers", result);
            }
        }
    }

    /** The id that requests name this ring by. */
    int group() {
        return group;
    }

    int buffers() {
        return buffers;
    }

    int bufferBytes() {
        return bufferBytes;
    }

    /** Memory of the buffers. */
    long memoryBytes() {
        return memory.byteSize();
    }

    /** Memory of the ring that lends them. */
    long ringBytes() {
        return entries.byteSize();
    }

    /** Buffers that the kernel may fill; 0 means that receives end with ENOBUFS. */
    int kernelHeld() {
        return kernelHeld;
    }

    long address(int id) {
        return memoryAddress + (long) id * bufferBytes;
    }

    MemorySegment segment(int id) {
        return memory.asSlice((long) id * bufferBytes, bufferBytes);
    }

    /** A completion named this buffer: it is ours until it is given back. */
    void take(int id) {
        if (ours[id]) {
            throw new IllegalStateException("the kernel filled receive buffer " + id + ", which was not lent to it");
        }
        ours[id] = true;
        kernelHeld--;
    }

    /** Lends a buffer to the kernel, which may fill it from now on. */
    void give(int id) {
        if (!ours[id]) {
            throw new IllegalStateException("receive buffer " + id + " was lent to the kernel already");
        }
        ours[id] = false;
        kernelHeld++;
        // The last two bytes of entry 0 are the ring's tail, so entries are written field by field.
        long entry = entriesAddress + ((long) (tail & mask) << 4);
        Memory.putLong(entry + UringAbi.BUF_ADDR, address(id));
        Memory.putInt(entry + UringAbi.BUF_LEN, bufferBytes);
        Memory.putShort(entry + UringAbi.BUF_BID, (short) id);
        tail++;
        // Pairs with the kernel's acquire of the tail when it picks a buffer.
        Memory.putShortRelease(entriesAddress + UringAbi.BUF_RING_TAIL, tail);
    }

    /** Takes the group back from the kernel; only when no request uses it. */
    void unregister() {
        try (Arena arena = Arena.ofConfined()) {
            long registration = arena.allocate(UringAbi.BUF_REG_BYTES, 8).address();
            Memory.putShort(registration + UringAbi.BUF_REG_BGID, (short) group);
            // A failure leaves it registered until the ring is closed, which is harmless.
            ring.register(UringAbi.UNREGISTER_PBUF_RING, registration, 1);
        }
    }
}
