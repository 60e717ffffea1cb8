package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One element of a transmit as the shard sees it. */
public sealed interface TransmitPiece {
    /** Bytes that it sends. */
    long length();

    /** What follows is not to be merged with it into one packet. */
    boolean endOfPacket();

    /**
     * Memory that may enter the kernel.
     *
     * @param copy the library buffer that it is in, with a {@linkplain LeasedBuffer#pin() pinned} lease of the transmit's; null
     *     for memory that is nobody's to free
     */
    record Memory(MemorySegment memory, @Nullable LeasedBuffer copy, boolean endOfPacket) implements TransmitPiece {
        @Override
        public long length() {
            return memory.byteSize();
        }
    }

    /**
     * A stretch of a file that is {@linkplain FileSource#pin() pinned}.
     *
     * @param movesPosition it began at the source's position, which is to move behind what was sent
     */
    record FileRange(FileSource source, long offset, long length, boolean movesPosition, boolean endOfPacket)
            implements TransmitPiece {}
}
