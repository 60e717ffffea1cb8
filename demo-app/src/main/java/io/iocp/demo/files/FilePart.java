package io.iocp.demo.files;

import io.iocp.operation.BufferPool;
import io.iocp.operation.LeasedBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The part of a file that a response has, read piece by piece, the head in front of the first. Ends its reference to the file with
 * the last piece, or when it is closed before.
 *
 * <p>Reads from the page cache, or makes its thread wait for the disk.
 *
 * <p>Thread: one at a time.
 */
final class FilePart implements AutoCloseable {

    /** The most bytes of a file that one send has. */
    private static final int PIECE_BYTES = 256 << 10;

    private final OpenFile file;
    private byte[] head;
    private long offset;
    private long left;

    FilePart(Response.FromFile response) {
        this.file = response.file();
        this.head = response.head();
        this.offset = response.offset();
        this.left = response.length();
    }

    /**
     * The next bytes to send.
     *
     * @throws IOException if there are not as many as there were; it is closed then
     */
    LeasedBuffer next(BufferPool buffers) throws IOException {
        int length = head.length + (int) Math.min(left, PIECE_BYTES);
        LeasedBuffer piece = buffers.lease(length);
        piece.length(length);
        try {
            ByteBuffer into = piece.data().put(head);
            head = new byte[0];
            read(file.channel(), into);
        } catch (IOException | RuntimeException e) {
            piece.release();
            close();
            throw e;
        }
        if (left == 0) {
            close();
        }
        return piece;
    }

    private void read(FileChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            int count = channel.read(into, offset);
            if (count < 0) {
                throw new EOFException(file.requested() + " has become shorter");
            }
            offset += count;
            left -= count;
        }
    }

    /** Whether there are no more bytes. */
    boolean isRead() {
        return left == 0;
    }

    @Override
    public void close() {
        file.release();
    }
}
