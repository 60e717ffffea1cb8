package io.iocp.engine.uring;

import io.iocp.linux.Memory;
import io.iocp.operation.Send;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A {@code struct msghdr} with its vectors, for the part of a gathering send that is still to be sent.
 *
 * <p>The kernel reads it until the request completes. Thread: shard holder.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/sendmsg.2.html">sendmsg(2)</a>
 */
final class GatherMemory {
    private final MemorySegment memory;
    private final int capacityPieces;

    GatherMemory(int pieces) {
        this.capacityPieces = Math.min(UringAbi.IOV_MAX, Math.max(8, Integer.highestOneBit(pieces - 1) << 1));
        this.memory = Arena.ofAuto()
                .allocate(UringAbi.MSGHDR_BYTES + (long) capacityPieces * UringAbi.IOVEC_BYTES, Long.BYTES);
    }

    /** True if a send of this many pieces goes out in as few calls as the kernel allows. */
    boolean isEnoughFor(int pieces) {
        return Math.min(pieces, UringAbi.IOV_MAX) <= capacityPieces;
    }

    /** True if an idle slot may keep it. */
    boolean isSmall() {
        return capacityPieces <= 64;
    }

    /** Describes the pieces of {@code send} behind its first {@code sent} bytes; returns the address of the msghdr. */
    long describe(Send send, long sent) {
        long message = memory.address();
        long vector = message + UringAbi.MSGHDR_BYTES;
        long skip = sent;
        int vectors = 0;
        for (int i = 0; i < send.pieces && vectors < capacityPieces; i++) {
            MemorySegment piece = send.piece(i);
            long size = piece.byteSize();
            if (skip >= size) {
                skip -= size;
                continue;
            }
            Memory.putLong(vector, piece.address() + skip);
            Memory.putLong(vector + UringAbi.IOVEC_LEN, size - skip);
            vector += UringAbi.IOVEC_BYTES;
            skip = 0;
            vectors++;
        }
        // No address and no control data: the memory was zeroed and only these two fields are ever written.
        Memory.putLong(message + UringAbi.MSGHDR_IOV, message + UringAbi.MSGHDR_BYTES);
        Memory.putLong(message + UringAbi.MSGHDR_IOVLEN, vectors);
        return message;
    }
}
