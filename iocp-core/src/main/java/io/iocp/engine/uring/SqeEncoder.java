package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.Memory;

/**
 * Writes requests into entries of the submission queue: one method for each opcode, each writing all 64 bytes, because an
 * entry still holds an old request.
 *
 * <p>Follows {@code io_uring_prep_*} of liburing.
 *
 * @see <a href="https://github.com/axboe/liburing/blob/master/src/include/liburing.h">liburing.h</a>
 */
final class SqeEncoder {
    private SqeEncoder() {}

    static void nop(long sqe, long userData) {
        head(sqe, UringAbi.OP_NOP, 0, 0, -1);
        body(sqe, 0, 0, 0, 0);
        end(sqe, userData, 0);
    }

    /** One connection. Its addresses are asked for afterwards: a shared place for them could be overwritten. */
    static void accept(long sqe, int listener, long userData) {
        acceptWith(sqe, listener, 0, userData);
    }

    /** Connections until cancelled, each a completion with F_MORE but the last. */
    static void acceptMultishot(long sqe, int listener, long userData) {
        acceptWith(sqe, listener, UringAbi.ACCEPT_MULTISHOT, userData);
    }

    private static void acceptWith(long sqe, int listener, int acceptPriority, long userData) {
        head(sqe, UringAbi.OP_ACCEPT, 0, acceptPriority, listener);
        body(sqe, 0, 0, 0, Libc.SOCK_CLOEXEC);
        end(sqe, userData, 0);
    }

    /** Connects a socket; the address stays alive until the completion. */
    static void connect(long sqe, int fd, long address, int addressLength, long userData) {
        head(sqe, UringAbi.OP_CONNECT, 0, 0, fd);
        body(sqe, addressLength, address, 0, 0);
        end(sqe, userData, 0);
    }

    /** At most {@code length} bytes into the memory at {@code address}. */
    static void receive(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_RECV, 0, 0, fd);
        body(sqe, 0, address, length, 0);
        end(sqe, userData, 0);
    }

    /** Once, into a buffer of the group that the kernel picks when bytes are there. */
    static void receiveSelecting(long sqe, int fd, int group, long userData) {
        head(sqe, UringAbi.OP_RECV, UringAbi.SQE_BUFFER_SELECT, 0, fd);
        body(sqe, 0, 0, 0, 0);
        end(sqe, userData, group);
    }

    /** Again and again, each time into a buffer of the group, until it ends without F_MORE. */
    static void receiveMultishot(long sqe, int fd, int group, long userData) {
        head(sqe, UringAbi.OP_RECV, UringAbi.SQE_BUFFER_SELECT, UringAbi.RECV_MULTISHOT, fd);
        body(sqe, 0, 0, 0, 0);
        end(sqe, userData, group);
    }

    /** All bytes, unless an error or a cancel comes between; no SIGPIPE. */
    static void send(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_SEND, 0, 0, fd);
        body(sqe, 0, address, length, Libc.MSG_WAITALL | Libc.MSG_NOSIGNAL);
        end(sqe, userData, 0);
    }

    /** The same, and more follows at once, which the kernel may wait for to fill a packet. */
    static void sendBeforeMore(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_SEND, 0, 0, fd);
        body(sqe, 0, address, length, Libc.MSG_WAITALL | Libc.MSG_NOSIGNAL | Libc.MSG_MORE);
        end(sqe, userData, 0);
    }

    /** The same, but the kernel may read the memory for longer: until a second completion, with F_NOTIF. */
    static void sendZeroCopy(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_SEND_ZC, 0, 0, fd);
        body(sqe, 0, address, length, Libc.MSG_WAITALL | Libc.MSG_NOSIGNAL);
        end(sqe, userData, 0);
    }

    /** Gathers: {@code message} is a struct msghdr that stays alive until the completion. */
    static void sendMessage(long sqe, int fd, long message, long userData) {
        sendMessage(sqe, fd, message, false, userData);
    }

    /** The same; {@code beforeMore}: more follows at once, which the kernel may wait for to fill a packet. */
    static void sendMessage(long sqe, int fd, long message, boolean beforeMore, long userData) {
        head(sqe, UringAbi.OP_SENDMSG, 0, 0, fd);
        int flags = Libc.MSG_WAITALL | Libc.MSG_NOSIGNAL | (beforeMore ? Libc.MSG_MORE : 0);
        body(sqe, 0, message, 1, flags);
        end(sqe, userData, 0);
    }

    /** One datagram: {@code message} is a struct msghdr that stays alive until the completion, which writes to it. */
    static void receiveMessage(long sqe, int fd, long message, long userData) {
        head(sqe, UringAbi.OP_RECVMSG, 0, 0, fd);
        body(sqe, 0, message, 1, 0);
        end(sqe, userData, 0);
    }

    /** Cancels the request with {@code target} as its user_data; completes only if that fails. */
    static void cancel(long sqe, long target, long userData) {
        head(sqe, UringAbi.OP_ASYNC_CANCEL, UringAbi.SQE_CQE_SKIP_SUCCESS, 0, -1);
        body(sqe, 0, target, 0, 0);
        end(sqe, userData, 0);
    }

    /** Cancels the request with {@code target} as its user_data, and says how that went. */
    static void reportingCancel(long sqe, long target, long userData) {
        head(sqe, UringAbi.OP_ASYNC_CANCEL, 0, 0, -1);
        body(sqe, 0, target, 0, 0);
        end(sqe, userData, 0);
    }

    /** A completion each time {@code fd} is woken with one of {@code events}, until it ends without F_MORE. */
    static void pollMultishot(long sqe, int fd, int events, long userData) {
        head(sqe, UringAbi.OP_POLL_ADD, 0, 0, fd);
        body(sqe, 0, 0, UringAbi.POLL_ADD_MULTI, events);
        end(sqe, userData, 0);
    }

    /** One completion when {@code fd} has one of {@code events}. */
    static void poll(long sqe, int fd, int events, long userData) {
        head(sqe, UringAbi.OP_POLL_ADD, 0, 0, fd);
        body(sqe, 0, 0, 0, events);
        end(sqe, userData, 0);
    }

    /** At most {@code length} bytes of a descriptor that has no position, or at its present position. */
    static void read(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_READ, 0, 0, fd);
        body(sqe, -1, address, length, 0);
        end(sqe, userData, 0);
    }

    /** At most {@code length} bytes of a file, from {@code offset} on. */
    static void readAt(long sqe, int fd, long address, int length, long offset, long userData) {
        head(sqe, UringAbi.OP_READ, 0, 0, fd);
        body(sqe, offset, address, length, 0);
        end(sqe, userData, 0);
    }

    /** At most {@code length} bytes into a file, from {@code offset} on. */
    static void writeAt(long sqe, int fd, long address, int length, long offset, long userData) {
        head(sqe, UringAbi.OP_WRITE, 0, 0, fd);
        body(sqe, offset, address, length, 0);
        end(sqe, userData, 0);
    }

    /** At most {@code length} bytes at the end of a file; the offset is not looked at. */
    static void append(long sqe, int fd, long address, int length, long userData) {
        head(sqe, UringAbi.OP_WRITE, 0, 0, fd);
        body(sqe, 0, address, length, UringAbi.RWF_APPEND);
        end(sqe, userData, 0);
    }

    /** Waits until what was written to a file is on the disk. */
    static void sync(long sqe, int fd, boolean dataOnly, long userData) {
        head(sqe, UringAbi.OP_FSYNC, 0, 0, fd);
        body(sqe, 0, 0, 0, dataOnly ? UringAbi.FSYNC_DATASYNC : 0);
        end(sqe, userData, 0);
    }

    /** Gives a part of a file its place on the disk; the length stands where others have the address. */
    static void allocate(long sqe, int fd, long offset, long length, long userData) {
        head(sqe, UringAbi.OP_FALLOCATE, 0, 0, fd);
        body(sqe, offset, length, 0, 0);
        end(sqe, userData, 0);
    }

    /** Sets the size of a file. */
    static void truncate(long sqe, int fd, long size, long userData) {
        head(sqe, UringAbi.OP_FTRUNCATE, 0, 0, fd);
        body(sqe, size, 0, 0, 0);
        end(sqe, userData, 0);
    }

    private static void head(long sqe, int opcode, int sqeFlags, int ioPriority, int fd) {
        Memory.putLong(
                sqe + UringAbi.SQE_OPCODE, opcode | (long) sqeFlags << 8 | (long) ioPriority << 16 | (long) fd << 32);
    }

    private static void body(long sqe, long offset, long address, int length, int operationFlags) {
        Memory.putLong(sqe + UringAbi.SQE_OFF, offset);
        Memory.putLong(sqe + UringAbi.SQE_ADDR, address);
        Memory.putLong(sqe + UringAbi.SQE_LEN, (length & 0xffff_ffffL) | (long) operationFlags << 32);
    }

    private static void end(long sqe, long userData, int bufferGroup) {
        Memory.putLong(sqe + UringAbi.SQE_USER_DATA, userData);
        Memory.putLong(sqe + UringAbi.SQE_BUF_GROUP, bufferGroup);
        Memory.putLong(sqe + 48, 0);
        Memory.putLong(sqe + 56, 0);
    }
}
