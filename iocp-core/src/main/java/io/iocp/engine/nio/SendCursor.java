package io.iocp.engine.nio;

import io.iocp.operation.Send;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * How far one send has got through its pieces of memory. Thread: shard holder.
 */
final class SendCursor {
    /** One writev takes at most so many pieces (IOV_MAX). */
    static final int PIECES_PER_WRITE = 1024;

    /** A buffer's size is an int; longer pieces go out in several writes. */
    private static final long BYTES_PER_VIEW = 1L << 30;

    private int piece;
    private long offset;
    private long sent;
    private boolean full;

    void begin() {
        piece = 0;
        offset = 0;
        sent = 0;
    }

    /** The channel has taken bytes that are in no memory of ours. */
    void sentOfFile(long count) {
        sent += count;
    }

    /** Bytes that the kernel has accepted. */
    long sent() {
        return sent;
    }

    /** True if the kernel took all that the last write offered, so that it may take more at once. */
    boolean wasFull() {
        return full;
    }

    /** True once every byte is accepted; also steps over empty pieces. */
    boolean isDone(Send send) {
        while (piece < send.pieces && offset == send.piece(piece).byteSize()) {
            piece++;
            offset = 0;
        }
        return piece == send.pieces;
    }

    /**
     * Offers what is left to the channel once. To be called only while not {@link #isDone}.
     *
     * @param views room for {@link #PIECES_PER_WRITE} buffers, empty before and after
     */
    void writeTo(SocketChannel channel, Send send, ByteBuffer[] views) throws IOException {
        long offered;
        long written;
        if (piece == send.pieces - 1) {
            ByteBuffer view = view(send.piece(piece), offset);
            offered = view.remaining();
            written = channel.write(view);
        } else {
            int most = Math.min(send.pieces - piece, PIECES_PER_WRITE);
            try {
                int count = 0;
                offered = 0;
                boolean whole = true;
                while (count < most && whole) { // nothing may follow a piece that is cut off
                    MemorySegment memory = send.piece(piece + count);
                    long from = count == 0 ? offset : 0;
                    ByteBuffer view = view(memory, from);
                    whole = view.remaining() == memory.byteSize() - from;
                    offered += view.remaining();
                    views[count++] = view;
                }
                written = channel.write(views, 0, count);
            } finally {
                Arrays.fill(views, 0, most, null); // the caller's memory is not ours to keep alive
            }
        }
        full = written == offered;
        advance(send, written);
    }

    private void advance(Send send, long written) {
        sent += written;
        long rest = written;
        while (rest > 0) {
            long left = send.piece(piece).byteSize() - offset;
            if (rest < left) {
                offset += rest;
                return;
            }
            rest -= left;
            piece++;
            offset = 0;
        }
    }

    /** A buffer over the memory from {@code from} on. */
    static ByteBuffer view(MemorySegment memory, long from) {
        long length = memory.byteSize() - from;
        if (from == 0 && length <= BYTES_PER_VIEW) {
            return memory.asByteBuffer();
        }
        return memory.asSlice(from, Math.min(length, BYTES_PER_VIEW)).asByteBuffer();
    }
}
