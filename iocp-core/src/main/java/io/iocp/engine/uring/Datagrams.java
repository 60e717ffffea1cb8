package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.SockAddr;
import io.iocp.operation.DatagramOperation;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import io.iocp.operation.Status;

/**
 * Encodes datagram operations and reads what has become of them. Thread: shard holder.
 *
 * <p>The message header is the request's own, and lives until the slot is used for another operation: the kernel is done with it
 * before. One whose operation has gone on in another slot keeps its slot, and so its header, until the kernel has said so.
 */
final class Datagrams {
    private Datagrams() {}

    static void encode(Request request, DatagramOperation operation, long sqe) {
        UringEndpoint endpoint = request.endpoint();
        switch (operation) {
            case DatagramReceive receive -> {
                long message = memory(request, 1).describe(receive);
                SqeEncoder.receiveMessage(sqe, endpoint.fd(), message, request.userData());
            }
            case DatagramSend send -> {
                int family = SockAddr.family(endpoint.localAddress());
                long message = memory(request, send.pieces).describe(send, send.to, family);
                SqeEncoder.sendMessage(sqe, endpoint.fd(), message, request.userData());
            }
        }
    }

    private static DatagramMemory memory(Request request, int pieces) {
        DatagramMemory memory = request.extras().datagram;
        if (memory == null || !memory.isEnoughFor(pieces)) {
            memory = new DatagramMemory(pieces);
            request.extras().datagram = memory;
        }
        return memory;
    }

    /** A datagram was sent; or one has come, and as much of it as there was room for is in the operation's memory. */
    static void succeeded(Request request, DatagramOperation operation, int length) {
        request.transferred = length;
        if (operation instanceof DatagramReceive receive) {
            DatagramMemory memory = memory(request, 1);
            receive.peer = memory.sender();
            receive.truncated = memory.isTruncated();
        }
    }

    /**
     * What an error means that is of one datagram: the network has reported it on an earlier one (ICMP), or does not take this
     * one. The socket works on.
     */
    static Status statusOf(int errno) {
        return switch (errno) {
            case Errno.ECONNREFUSED -> Status.REFUSED;
            case Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.ENETDOWN, Errno.EHOSTDOWN -> Status.UNREACHABLE;
            case Errno.EPIPE, Errno.ECONNRESET, Errno.ECONNABORTED, Errno.ETIMEDOUT -> Status.IO_ERROR;
            default -> ErrnoStatus.of(errno);
        };
    }
}
