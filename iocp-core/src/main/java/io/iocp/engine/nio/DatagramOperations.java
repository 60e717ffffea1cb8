package io.iocp.engine.nio;

import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * Performs datagram operations whose channel is ready.
 *
 * <p>A datagram passes through memory of this loop in both directions: a channel does not say that it has cut one off, and does
 * not gather one for a target that is named with it.
 *
 * <p>Thread: shard holder.
 */
final class DatagramOperations {
    private static final int ECONNREFUSED = 111;
    private static final int ENETUNREACH = 101;
    private static final int EHOSTUNREACH = 113;
    private static final int MOST_BYTES = 65_536;

    private final Completions completions;
    private @Nullable ByteBuffer scratch;

    DatagramOperations(Completions completions) {
        this.completions = completions;
    }

    /** False if there is no datagram now. */
    boolean receive(DatagramReceive receive, NioDatagram datagram) {
        ByteBuffer through = scratch();
        SocketAddress sender;
        try {
            sender = datagram.channel.receive(through);
        } catch (IOException e) {
            failed(receive, e);
            return true;
        }
        if (sender == null) {
            return false;
        }
        MemorySegment received = MemorySegment.ofBuffer(through.flip());
        long length = Math.min(received.byteSize(), receive.memory.byteSize());
        try {
            MemorySegment.copy(received, 0, receive.memory, 0, length);
        } catch (RuntimeException e) {
            completions.completed(receive, Status.FAULT, 0, 0);
            return true;
        }
        receive.peer = sender;
        receive.truncated = length < received.byteSize();
        completions.completed(receive, Status.OK, length, 0);
        return true;
    }

    /** False if the kernel takes no datagram now. */
    boolean send(DatagramSend send, NioDatagram datagram) {
        ByteBuffer through = scratch();
        try {
            for (int i = 0; i < send.pieces; i++) {
                through.put(send.memory[i].asByteBuffer());
            }
        } catch (RuntimeException e) {
            completions.completed(send, Status.FAULT, 0, 0);
            return true;
        }
        through.flip();
        int length = through.remaining();
        if (length == 0 && datagram.channel.isConnected()) {
            // The JDK would not send it, and not say so: a write of no bytes never reaches the kernel.
            completions.completed(send, Status.IO_ERROR, 0, 0);
            return true;
        }
        SocketAddress to = send.to == null ? datagram.remoteAddress() : send.to;
        if (to == null) {
            throw new AssertionError("a datagram without a target");
        }
        try {
            // A channel says 0 when the kernel takes none, and also of a datagram without bytes, which it always takes.
            if (datagram.channel.send(through, to) < length) {
                return false;
            }
        } catch (IOException e) {
            failed(send, e);
            return true;
        }
        completions.completed(send, Status.OK, length, 0);
        return true;
    }

    private void failed(Operation operation, IOException e) {
        completions.failed(operation, failure(e), 0);
    }

    /** What an error means that is of one datagram: the channel works on. */
    private static IoFailure failure(IOException e) {
        if (e instanceof PortUnreachableException) {
            return new IoFailure(Status.REFUSED, ECONNREFUSED);
        }
        if (e instanceof NoRouteToHostException) {
            return new IoFailure(Status.UNREACHABLE, ENETUNREACH);
        }
        IoFailure failure = IoFailure.ofTransfer(e);
        if (e instanceof ClosedChannelException || failure.status() == Status.RESOURCE_LIMIT) {
            return failure;
        }
        return new IoFailure(isUnreachable(failure) ? Status.UNREACHABLE : Status.IO_ERROR, failure.nativeError());
    }

    private static boolean isUnreachable(IoFailure failure) {
        return failure.nativeError() == ENETUNREACH || failure.nativeError() == EHOSTUNREACH;
    }

    private ByteBuffer scratch() {
        ByteBuffer own = scratch;
        if (own == null) {
            own = ByteBuffer.allocateDirect(MOST_BYTES);
            scratch = own;
        }
        return own.clear();
    }
}
