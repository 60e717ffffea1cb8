package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.Memory;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * Sends from the page cache to a socket, a bit at a time, and never waits for the socket.
 *
 * <p>Thread: one at a time for an instance.
 */
final class FileSends {
    /*
     * Not for the socket: sendfile(2) waits for room unless the descriptor is set not to block. It is set so before the first
     * one of a connection and stays so; the ring's own requests do not look at that flag.
     *
     * Not for the disk, unless a helper thread calls: before each piece one byte at its end is read with RWF_NOWAIT. If that
     * would wait, so would the send, and the caller has the next bytes read by a request. Where the file system cannot say, it
     * counts as if it had to wait. What lies before the probed byte may be missing all the same, which costs the shard one
     * wait for the disk.
     *
     * Not for other connections: after so many bytes it pauses until the next turn.
     */
    enum Outcome {
        /** It has ended: {@link #status}. */
        DONE,
        /** The socket takes no more now. */
        FULL,
        /** It has had its share. */
        PAUSED
    }

    /** Between two looks whether the file is in memory, or whether somebody has cancelled. */
    private static final int PIECE_BYTES = 512 << 10;

    /** Of one turn of a shard. */
    static final int SHARE_OF_TURN = 512 << 10;

    /** Of one run of a helper thread. */
    static final int SHARE_OF_RUN = 8 << 20;

    private final Libc libc;
    private final MemorySegment offset = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
    private final MemorySegment vector = Arena.ofAuto().allocate(UringAbi.IOVEC_BYTES, Long.BYTES);
    private final MemorySegment probed = Arena.ofAuto().allocate(1);

    // What the last perform() has come to.
    long sent;
    Status status = Status.OK;
    int error;

    FileSends(Libc libc) {
        this.libc = libc;
    }

    /** Sends what is in memory, and what the socket takes, up to a share of {@link #SHARE_OF_TURN}. OK with too few: no more is. */
    Outcome perform(int fd, int file, long from, long length) {
        begin();
        while (sent < length) {
            if (sent >= SHARE_OF_TURN) {
                return Outcome.PAUSED;
            }
            long wanted = Math.min(PIECE_BYTES, length - sent);
            if (!isInMemory(file, from + sent + wanted - 1)) {
                return Outcome.DONE;
            }
            Outcome outcome = sendPiece(fd, file, from + sent, wanted);
            if (outcome != Outcome.PAUSED) {
                return outcome;
            }
        }
        return Outcome.DONE;
    }

    /** The same for a thread that may wait for the disk: up to {@link #SHARE_OF_RUN}, or until it is to stop. */
    Outcome performAndWait(int fd, int file, long from, long length, BooleanSupplier isToStop) {
        begin();
        while (sent < length) {
            if (sent >= SHARE_OF_RUN || isToStop.getAsBoolean()) {
                return Outcome.PAUSED;
            }
            Outcome outcome = sendPiece(fd, file, from + sent, Math.min(PIECE_BYTES, length - sent));
            if (outcome != Outcome.PAUSED) {
                return outcome;
            }
        }
        return Outcome.DONE;
    }

    private void begin() {
        sent = 0;
        status = Status.OK;
        error = 0;
    }

    /** PAUSED if it may go on. */
    private Outcome sendPiece(int fd, int file, long at, long wanted) {
        Memory.putLong(offset.address(), at);
        long result = libc.sendfile(fd, file, offset.address(), wanted);
        if (result > 0) {
            sent += result;
            return Outcome.PAUSED;
        }
        if (result == 0) {
            status = Status.EOF;
            return Outcome.DONE;
        }
        if (result == -Errno.EAGAIN) {
            return Outcome.FULL;
        }
        if (result == -Errno.EINTR) {
            return Outcome.PAUSED;
        }
        status = ErrnoStatus.of((int) -result);
        error = (int) -result;
        return Outcome.DONE;
    }

    /** Sets a connection's descriptor not to block; 0 or a negated error. */
    int setNonBlocking(UringEndpoint connection) {
        if (connection.nonBlocking) {
            return 0;
        }
        int fd = connection.fd();
        int flags = libc.fcntl(fd, Libc.F_GETFL, 0);
        int result = flags < 0 ? flags : libc.fcntl(fd, Libc.F_SETFL, flags | Libc.O_NONBLOCK);
        connection.nonBlocking = result >= 0;
        return Math.min(result, 0);
    }

    /** Also if there is no such byte any more: then the send finds the end. */
    private boolean isInMemory(int file, long at) {
        return readNow(file, probed, at) >= 0;
    }

    /** Reads what is in memory; a negated error if it would have to wait. */
    long readNow(int file, MemorySegment into, long at) {
        Memory.putLong(vector.address(), into.address());
        Memory.putLong(vector.address() + UringAbi.IOVEC_LEN, into.byteSize());
        return libc.preadv2(file, vector.address(), 1, at, Libc.RWF_NOWAIT);
    }
}
