package io.iocp;

import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One element of a {@link TransmitPacketsRequest}: memory, or a stretch of a file.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/ns-mswsock-transmit_packets_element">
 *     TRANSMIT_PACKETS_ELEMENT (Windows)</a>
 */
public sealed interface TransmitElement {
    /** What follows is not to be sent in one packet with this (TP_ELEMENT_EOP). */
    boolean endOfPacket();

    /**
     * Bytes in memory, copied at the start unless they are in the global arena (TP_ELEMENT_MEMORY).
     *
     * @param endOfPacket what follows is not to be sent in one packet with this
     */
    record Memory(MemorySegment memory, boolean endOfPacket) implements TransmitElement {
        public Memory {
            Objects.requireNonNull(memory);
        }
    }

    /**
     * A stretch of a file (TP_ELEMENT_FILE), of a handle or a channel; the other one is null. The same file may be in several
     * elements.
     *
     * @param offset where it begins, or {@link TransmitFileRequest#CURRENT_POSITION}
     * @param length how many bytes, or {@link TransmitFileRequest#WHOLE_FILE}
     * @param endOfPacket what follows is not to be sent in one packet with this
     */
    record FileRegion(
            @Nullable FileHandle file, @Nullable FileChannel channel, long offset, long length, boolean endOfPacket)
            implements TransmitElement {
        /** @throws IllegalArgumentException if a number is out of its bounds, or there is not exactly one file */
        public FileRegion {
            if ((file == null) == (channel == null)) {
                throw new IllegalArgumentException("a region is of a FileHandle or of a FileChannel: give one of them");
            }
            TransmitFileRequest.checkRange(offset, length);
        }

        public FileRegion(FileHandle file, long offset, long length, boolean endOfPacket) {
            this(Objects.requireNonNull(file), null, offset, length, endOfPacket);
        }

        public FileRegion(FileChannel channel, long offset, long length, boolean endOfPacket) {
            this(null, Objects.requireNonNull(channel), offset, length, endOfPacket);
        }
    }
}
