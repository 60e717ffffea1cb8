package io.iocp.engine.uring;

import io.iocp.linux.Memory;
import io.iocp.linux.SockAddr;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A {@code struct msghdr} with an address and vectors, for one datagram.
 *
 * <p>The kernel reads and writes it until the request completes. Thread: shard holder.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/recvmsg.2.html">recvmsg(2)</a>
 */
final class DatagramMemory {
    private static final int ADDRESS = UringAbi.MSGHDR_BYTES;
    private static final int VECTORS = ADDRESS + SockAddr.MAX_BYTES;

    private final MemorySegment memory;
    private final int capacityPieces;

    /** @param pieces at most {@link DatagramSend#MOST_PIECES} */
    DatagramMemory(int pieces) {
        this.capacityPieces = pieces;
        this.memory = Arena.ofAuto().allocate(VECTORS + (long) pieces * UringAbi.IOVEC_BYTES, Long.BYTES);
    }

    boolean isEnoughFor(int pieces) {
        return pieces <= capacityPieces;
    }

    /** True if an idle slot may keep it. */
    boolean isSmall() {
        return capacityPieces <= 16;
    }

    /** Describes where a datagram and its sender's address go; returns the address of the msghdr. */
    long describe(DatagramReceive receive) {
        long message = memory.address();
        vector(0, receive.memory);
        header(SockAddr.MAX_BYTES, 1);
        return message;
    }

    /** Describes what goes to {@code to}, the peer of the socket if null; returns the address of the msghdr. */
    long describe(DatagramSend send, @Nullable SocketAddress to, int family) {
        for (int i = 0; i < send.pieces; i++) {
            vector(i, send.memory[i]);
        }
        header(to == null ? 0 : SockAddr.encode(to, family, memory.address() + ADDRESS), send.pieces);
        return memory.address();
    }

    private void vector(int index, MemorySegment piece) {
        long vector = memory.address() + VECTORS + (long) index * UringAbi.IOVEC_BYTES;
        Memory.putLong(vector, piece.address());
        Memory.putLong(vector + UringAbi.IOVEC_LEN, piece.byteSize());
    }

    private void header(int addressBytes, int vectors) {
        long message = memory.address();
        // No control data: the memory was zeroed, and those fields are never written.
        Memory.putLong(message + UringAbi.MSGHDR_NAME, addressBytes == 0 ? 0 : message + ADDRESS);
        Memory.putInt(message + UringAbi.MSGHDR_NAMELEN, addressBytes);
        Memory.putLong(message + UringAbi.MSGHDR_IOV, message + VECTORS);
        Memory.putLong(message + UringAbi.MSGHDR_IOVLEN, vectors);
        Memory.putInt(message + UringAbi.MSGHDR_FLAGS, 0);
    }

    /** Who sent what was received. */
    SocketAddress sender() {
        long message = memory.address();
        return SockAddr.decode(message + ADDRESS, Memory.getInt(message + UringAbi.MSGHDR_NAMELEN));
    }

    /** What was received was longer than its memory. */
    boolean isTruncated() {
        return (Memory.getInt(memory.address() + UringAbi.MSGHDR_FLAGS) & UringAbi.MSG_TRUNC) != 0;
    }
}
