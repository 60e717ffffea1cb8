package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.operation.Accept;
import io.iocp.operation.Connect;
import io.iocp.operation.DatagramOperation;
import io.iocp.operation.Disconnect;
import io.iocp.operation.FileOperation;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import io.iocp.operation.Transmit;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Performs a receive or a send by one call that does not wait, without a request to the kernel.
 *
 * <p>Thread: shard holder.
 */
final class Attempts {
    private final Libc libc;
    private final ReceivePools pools;

    Attempts(Libc libc, ReceivePools pools) {
        this.libc = libc;
        this.pools = pools;
    }

    /** How it ended; null if it did not, and has to be submitted. See {@link io.iocp.engine.EngineLoop#attempt}. */
    @Nullable
    Status perform(Operation operation, UringEndpoint endpoint) {
        return switch (operation) {
            case Receive receive -> receive(receive, endpoint);
            case Send send -> send(send, endpoint.fd());
            case Accept _,
                    Connect _,
                    Disconnect _,
                    Handshake _,
                    ReceiveContinuously _,
                    DatagramOperation _,
                    SendFile _,
                    Transmit _,
                    FileOperation _,
                    Post _ -> null;
        };
    }

    @Nullable
    private Status receive(Receive receive, UringEndpoint endpoint) {
        MemorySegment memory = receive.memory;
        if (memory == null) {
            return receiveIntoOwn(receive, endpoint);
        }
        if (memory.byteSize() == 0) {
            return null;
        }
        long wanted = Math.min(memory.byteSize(), UringLoop.MAX_TRANSFER_BYTES);
        return received(receive, libc.recv(endpoint.fd(), memory.address(), wanted, Libc.MSG_DONTWAIT));
    }

    @Nullable
    private Status receiveIntoOwn(Receive receive, UringEndpoint endpoint) {
        // Made by the first submit that wants one of this size.
        ReceiveBuffers pool = pools.known(endpoint);
        LeasedBuffer own = pool == null ? null : pools.takeOwn(pool);
        if (own == null) {
            return null;
        }
        long result = receive(endpoint, own);
        if (result > 0) {
            receive.lease = own;
        }
        return received(receive, result);
    }

    /**
     * Receives into a buffer that the kernel does not choose from: with bytes it has its first lease, without it is back in its
     * pool.
     *
     * @return how many bytes, 0 at the end of the stream, or a negated error
     */
    long receive(UringEndpoint endpoint, LeasedBuffer own) {
        MemorySegment memory = own.segment();
        long result = libc.recv(endpoint.fd(), memory.address(), memory.byteSize(), Libc.MSG_DONTWAIT);
        if (result > 0) {
            own.length((int) result);
            own.lease();
        } else {
            pools.giveBack(own);
        }
        return result;
    }

    @Nullable
    private static Status received(Receive receive, long result) {
        if (result < 0) {
            return failed(receive, (int) -result);
        }
        receive.bytes = result;
        return result == 0 ? Status.EOF : Status.OK;
    }

    @Nullable
    private Status send(Send send, int fd) {
        long length = send.length();
        if (length == 0) {
            return Status.OK;
        }
        if (send.pieces > 1) {
            return null; // a gather needs the kernel's struct msghdr: not worth a second way
        }
        long wanted = Math.min(length, UringLoop.MAX_TRANSFER_BYTES);
        long result = libc.send(fd, send.piece(0).address(), wanted, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        if (result < 0) {
            return failed(send, (int) -result);
        }
        send.bytes = result;
        return result == length ? Status.OK : null;
    }

    @Nullable
    private static Status failed(Operation operation, int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.EINTR -> null;
            default -> {
                operation.nativeError(errno);
                yield ErrnoStatus.of(errno);
            }
        };
    }
}
