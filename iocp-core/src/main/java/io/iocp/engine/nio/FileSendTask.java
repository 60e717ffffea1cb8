package io.iocp.engine.nio;

import io.iocp.engine.FileThreads;
import io.iocp.operation.FileSource;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a socket takes now of a send from a file.
 *
 * <p>Thread: a thread of {@link FileThreads} runs it; before and after that it is the shard holder's.
 */
final class FileSendTask implements Runnable {
    /** Bytes of one call: between two calls a cancel is seen. */
    private static final int PIECE_BYTES = 1 << 20;

    /** Bytes of one run: then others have their turn. */
    private static final int SHARE_BYTES = 8 << 20;

    final SendFile send;
    final NioSocket socket;
    private final FileSends reports;
    private final long begin;

    /** Somebody asked to cancel it while it ran. */
    private volatile boolean cancelAsked;

    // Results: written by the thread that runs it, read by the holder after it was reported.
    long sent;

    /** The socket takes no more now. */
    boolean full;

    /** How the send has ended; null if it has not. */
    @Nullable
    Status ended;

    /** Why it failed; null if it did not, or it is the file's fault. */
    @Nullable
    IOException failure;

    FileSendTask(SendFile send, NioSocket socket, FileSends reports) {
        this.send = send;
        this.socket = socket;
        this.reports = reports;
        this.begin = socket.cursor.sent();
    }

    void askToCancel() {
        cancelAsked = true;
    }

    boolean isCancelAsked() {
        return cancelAsked;
    }

    @Override
    public void run() {
        try {
            transfer(channel(send.from()), socket.channel());
        } catch (ClosedChannelException e) {
            ended = Status.IO_ERROR; // the socket is open as long as the loop has an operation of it: it is the file
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException | OutOfMemoryError e) {
            ended = Status.IO_ERROR;
        } finally {
            Thread.interrupted(); // nobody's business, and it would close the next channel
            reports.finished(this);
        }
    }

    private void transfer(FileChannel file, SocketChannel to) throws IOException {
        long left = send.length - begin;
        while (sent < left && sent < SHARE_BYTES && !cancelAsked) {
            long at = send.offset + begin + sent;
            long wanted = Math.min(left - sent, PIECE_BYTES);
            long taken = file.transferTo(at, wanted, to);
            sent += taken;
            if (taken == 0 && at >= file.size()) {
                ended = Status.EOF;
                return;
            }
            if (taken == 0) {
                full = true;
                return;
            }
        }
        if (sent == left) {
            ended = Status.OK;
        }
    }

    private static FileChannel channel(FileSource source) {
        FileChannel channel = source.channel();
        return channel == null ? ((NioFile) Objects.requireNonNull(source.file())).channels.channel() : channel;
    }
}
