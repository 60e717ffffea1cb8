package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.Memory;
import io.iocp.operation.FileSource;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Sends from the page cache to a socket, a bit at a time, and waits for neither.
 *
 * <p>Thread: shard holder.
 */
final class FileSends {
    /*
     * Not for the socket: sendfile(2) waits for room unless the descriptor is set not to block. It is set so before the first
     * one of a connection and stays so; the ring's own requests do not look at that flag.
     *
     * Not for the disk: before each piece one byte at its end is read with RWF_NOWAIT. If that would wait, so would the
     * send, and the caller has the next bytes read by a request. Where the file system cannot say, it counts as if it had to
     * wait. What lies before the probed byte may be missing all the same, which costs the shard one wait for the disk.
     *
     * Not for other connections: after so many bytes it pauses until the next turn.
     */
    enum Outcome {
        /** It has ended; the request knows how. */
        DONE,
        /** The socket takes no more now. */
        FULL,
        /** It has had its share. */
        PAUSED
    }

    /** Between two looks whether the file is in memory. */
    private static final int PIECE_BYTES = 128 << 10;

    /** Of one turn. */
    private static final int SHARE_BYTES = 512 << 10;

    private final Libc libc;
    private final MemorySegment offset = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
    private final MemorySegment vector = Arena.ofAuto().allocate(UringAbi.IOVEC_BYTES, Long.BYTES);
    private final MemorySegment probed = Arena.ofAuto().allocate(1);

    FileSends(Libc libc) {
        this.libc = libc;
    }

    Outcome perform(Request request, SendFile send) {
        int fd = request.endpoint().fd();
        FileSource from = send.from();
        int file = ((UringEndpoint) Objects.requireNonNull(from.file())).fd();
        int error = setNonBlocking(request.endpoint(), fd);
        if (error < 0) {
            return failed(request, error);
        }
        long share = SHARE_BYTES;
        while (request.transferred < send.length) {
            if (share <= 0) {
                return Outcome.PAUSED;
            }
            long at = send.offset + request.transferred;
            long wanted = Math.min(PIECE_BYTES, send.length - request.transferred);
            if (!isInMemory(file, at + wanted - 1)) {
                return ended(request, Status.OK, 0);
            }
            Memory.putLong(offset.address(), at);
            long sent = libc.sendfile(fd, file, offset.address(), wanted);
            if (sent > 0) {
                request.transferred += sent;
                share -= sent;
            } else if (sent == 0) {
                return ended(request, Status.EOF, 0);
            } else if (sent == -Errno.EAGAIN) {
                return Outcome.FULL;
            } else if (sent != -Errno.EINTR) {
                return failed(request, (int) sent);
            }
        }
        return ended(request, Status.OK, 0);
    }

    private int setNonBlocking(UringEndpoint connection, int fd) {
        if (connection.nonBlocking) {
            return 0;
        }
        int flags = libc.fcntl(fd, Libc.F_GETFL, 0);
        int result = flags < 0 ? flags : libc.fcntl(fd, Libc.F_SETFL, flags | Libc.O_NONBLOCK);
        connection.nonBlocking = result >= 0;
        return result;
    }

    /** Also if there is no such byte any more: then the send finds the end. */
    private boolean isInMemory(int file, long at) {
        Memory.putLong(vector.address(), probed.address());
        Memory.putLong(vector.address() + UringAbi.IOVEC_LEN, 1);
        return libc.preadv2(file, vector.address(), 1, at, Libc.RWF_NOWAIT) >= 0;
    }

    private static Outcome failed(Request request, int result) {
        return ended(request, ErrnoStatus.of(-result), -result);
    }

    private static Outcome ended(Request request, Status status, int error) {
        request.endStatus = status;
        request.endError = error;
        return Outcome.DONE;
    }
}
