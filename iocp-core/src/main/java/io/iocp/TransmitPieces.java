package io.iocp;

import io.iocp.operation.BufferPool;
import io.iocp.operation.FileSource;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OpenFile;
import io.iocp.operation.TransmitPiece;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a transmit that is about to be started: memory copied where it must be, files kept open, offsets and lengths
 * looked up. Until they are the operation's they are to be {@linkplain #release() released}.
 *
 * <p>Thread: the caller of the start.
 */
final class TransmitPieces {
    private final CompletionPort port;
    private final List<TransmitPiece> pieces = new ArrayList<>();

    TransmitPieces(CompletionPort port) {
        this.port = port;
    }

    List<TransmitPiece> all() {
        return pieces;
    }

    void add(MemorySegment memory, boolean endOfPacket) {
        if (BufferPool.mayEnterKernel(memory)) {
            pieces.add(new TransmitPiece.Memory(memory, null, endOfPacket));
            return;
        }
        LeasedBuffer copy = LibraryCopy.of(memory, port.buffers());
        copy.pin();
        pieces.add(new TransmitPiece.Memory(copy.filled(), copy, endOfPacket));
    }

    /**
     * Adds a stretch of a file.
     *
     * @throws IllegalArgumentException if the offset is behind the end, or the file cannot be used here
     * @throws NonReadableChannelException if the file was not opened for reading
     * @throws ClosedChannelException if the file is closed
     */
    void add(FileHandle file, long offset, long length, boolean endOfPacket) throws ClosedChannelException {
        if (!file.port().equals(port)) {
            throw new IllegalArgumentException(file + " was opened by another port: open it with the connection's");
        }
        OpenFile open = file.open();
        if (open.access().isDirect()) {
            throw new IllegalArgumentException(
                    file + " is opened DIRECT, past the page cache that it would be sent from: open it without");
        }
        if (!open.access().read()) {
            throw new NonReadableChannelException();
        }
        if (!file.isOpen() || !open.pin()) {
            throw new ClosedChannelException();
        }
        FileSource source = FileSource.of(file.endpoint());
        boolean kept = false;
        try {
            boolean atPosition = offset == TransmitFileRequest.CURRENT_POSITION;
            long from = atPosition ? open.position : offset;
            // A server that knows what it sends is not to pay for a question with each response: it costs a system
            // call, and
            // where the descriptor is behind a channel even a hand-over to another thread.
            long size = open.sizeSeen;
            if (length == TransmitFileRequest.WHOLE_FILE || from > size) {
                size = file.sizeOf();
                open.sizeSeen = size;
            }
            pieces.add(range(source, from, length, size, atPosition, endOfPacket));
            kept = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!kept) {
                open.unpin();
            }
        }
    }

    /**
     * Adds a stretch of a channel's file.
     *
     * @throws IllegalArgumentException if the offset is behind the end
     * @throws NonReadableChannelException if the channel was not opened for reading
     * @throws ClosedChannelException if it is closed
     */
    void add(FileChannel channel, long offset, long length, boolean endOfPacket) throws ClosedChannelException {
        try {
            int ignored = channel.read(ByteBuffer.allocate(0), 0); // throws if it cannot be read
            boolean atPosition = offset == TransmitFileRequest.CURRENT_POSITION;
            long from = atPosition ? channel.position() : offset;
            pieces.add(range(FileSource.of(channel), from, length, channel.size(), atPosition, endOfPacket));
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds an element of a transmit of packets. */
    void add(TransmitElement element) throws ClosedChannelException {
        switch (element) {
            case TransmitElement.Memory memory -> add(memory.memory(), memory.endOfPacket());
            case TransmitElement.FileRegion region ->
                add(region.file(), region.channel(), region.offset(), region.length(), region.endOfPacket());
        }
    }

    /** Adds a stretch of whichever is not null; nothing if both are. */
    void add(@Nullable FileHandle file, @Nullable FileChannel channel, long offset, long length, boolean endOfPacket)
            throws ClosedChannelException {
        if (file != null) {
            add(file, offset, length, endOfPacket);
        } else if (channel != null) {
            add(channel, offset, length, endOfPacket);
        }
    }

    private static TransmitPiece range(
            FileSource source, long offset, long length, long size, boolean atPosition, boolean endOfPacket) {
        if (offset > size) {
            throw new IllegalArgumentException(
                    "the offset is behind the end of the file: " + offset + " of " + size + " bytes");
        }
        long wanted = length == TransmitFileRequest.WHOLE_FILE ? size - offset : length;
        if (offset + wanted < 0) {
            throw new IllegalArgumentException("offset and length are more than a long together: " + length);
        }
        return new TransmitPiece.FileRange(source, offset, wanted, atPosition, endOfPacket);
    }

    /** The start failed. */
    void release() {
        for (TransmitPiece piece : pieces) {
            switch (piece) {
                case TransmitPiece.Memory memory -> {
                    LeasedBuffer copy = memory.copy();
                    if (copy != null) {
                        copy.unpin();
                    }
                }
                case TransmitPiece.FileRange range -> range.source().unpin();
            }
        }
        pieces.clear();
    }
}
