package io.iocp;

import io.iocp.operation.Transmit;
import io.iocp.operation.TransmitFlag;
import io.iocp.operation.TransmitWorker;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Connection#transmitFile} sends: bytes, then a stretch of a file, then bytes; each of them may be missing.
 *
 * @param file the file, opened by the same port for reading and not DIRECT; it need not be associated. Null for none
 * @param channel the file, if it is no handle of the port's: the caller keeps it open until the packet comes. Null for none
 * @param offset where in the file it begins, or {@link #CURRENT_POSITION}
 * @param length how many bytes of it, or {@link #WHOLE_FILE}; more than there are from the offset on is TRUNCATED
 * @param head sent before the file; copied at the start, unless of the global arena
 * @param tail sent behind the file; copied at the start, unless of the global arena
 * @param chunkSize bytes of the file that are read at once where they have to be, 0 for 128 KiB; more than 1 MiB means 1 MiB
 *     (nNumberOfBytesPerSend)
 * @param flags what becomes of the connection afterwards
 * @param worker who is to do the work; a hint
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-transmitfile">TransmitFile (Windows)</a>
 */
public record TransmitFileRequest(
        @Nullable FileHandle file,
        @Nullable FileChannel channel,
        long offset,
        long length,
        List<MemorySegment> head,
        List<MemorySegment> tail,
        int chunkSize,
        Set<TransmitFlag> flags,
        TransmitWorker worker) {

    /** As an offset: where {@link FileHandle#position()}, or {@link FileChannel#position()}, is at the start. It moves behind what was sent when the transmit ends. */
    public static final long CURRENT_POSITION = -1;

    /** As a length: from the offset to where the file ends at the start. */
    public static final long WHOLE_FILE = 0;

    /** @throws IllegalArgumentException if a number is out of its bounds */
    public TransmitFileRequest {
        if (file != null && channel != null) {
            throw new IllegalArgumentException("a FileHandle and a FileChannel: give one of them");
        }
        checkRange(offset, length);
        if (chunkSize < 0) {
            throw new IllegalArgumentException("the chunk size must be positive, or 0 for "
                    + Transmit.DEFAULT_CHUNK_BYTES + " bytes: " + chunkSize);
        }
        head = List.copyOf(head);
        tail = List.copyOf(tail);
        flags = Set.copyOf(flags);
    }

    /** All of a file. */
    public static TransmitFileRequest of(FileHandle file) {
        return new TransmitFileRequest(
                file, null, 0, WHOLE_FILE, List.of(), List.of(), 0, Set.of(), TransmitWorker.DEFAULT);
    }

    static void checkRange(long offset, long length) {
        if (offset < CURRENT_POSITION) {
            throw new IllegalArgumentException("the offset must be 0 or more, or CURRENT_POSITION: " + offset);
        }
        if (length < 0) {
            throw new IllegalArgumentException("the length must be positive, or WHOLE_FILE: " + length);
        }
    }

    /** All of a file that is no handle of the port's. Its position is {@link FileChannel#position()}. */
    public static TransmitFileRequest of(FileChannel channel) {
        return new TransmitFileRequest(
                null, channel, 0, WHOLE_FILE, List.of(), List.of(), 0, Set.of(), TransmitWorker.DEFAULT);
    }

    /** No file: only what is set as head and tail, and the flags. */
    public static TransmitFileRequest ofNothing() {
        return new TransmitFileRequest(
                null, null, 0, WHOLE_FILE, List.of(), List.of(), 0, Set.of(), TransmitWorker.DEFAULT);
    }

    /** The same, of this stretch of the file. */
    public TransmitFileRequest range(long newOffset, long newLength) {
        return new TransmitFileRequest(file, channel, newOffset, newLength, head, tail, chunkSize, flags, worker);
    }

    /** The same, with these pieces before the file. */
    public TransmitFileRequest head(MemorySegment... pieces) {
        return new TransmitFileRequest(file, channel, offset, length, List.of(pieces), tail, chunkSize, flags, worker);
    }

    /** The same, with these pieces behind the file. */
    public TransmitFileRequest tail(MemorySegment... pieces) {
        return new TransmitFileRequest(file, channel, offset, length, head, List.of(pieces), chunkSize, flags, worker);
    }

    /** The same, reading so many bytes at once. */
    public TransmitFileRequest chunkSize(int bytes) {
        return new TransmitFileRequest(file, channel, offset, length, head, tail, bytes, flags, worker);
    }

    /** The same, with these flags. */
    public TransmitFileRequest flags(TransmitFlag... newFlags) {
        return new TransmitFileRequest(file, channel, offset, length, head, tail, chunkSize, Set.of(newFlags), worker);
    }

    /** The same, done by this one. */
    public TransmitFileRequest worker(TransmitWorker newWorker) {
        return new TransmitFileRequest(file, channel, offset, length, head, tail, chunkSize, flags, newWorker);
    }
}
