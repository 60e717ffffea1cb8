package io.iocp.engine.nio;

import io.iocp.operation.Accept;
import io.iocp.operation.Connect;
import io.iocp.operation.DatagramOperation;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
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
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Performs operations whose channel is ready, as far as that goes without waiting.
 *
 * <p>What cannot go on watches for readiness again. No single endpoint gets more than a budget of system calls for one
 * readiness: the selector is level-triggered, so what is left is reported again in the next turn.
 *
 * <p>Thread: shard holder, within {@link NioLoop#turn}.
 */
final class ReadyOperations {
    private static final int ACCEPTS_PER_READINESS = 64;
    private static final int READS_PER_READINESS = 8;
    private static final int WRITES_PER_READINESS = 16;

    private static final int END_OF_STREAM = -1;
    private static final int FAILED = -2;

    private final Selector selector;
    private final Completions completions;
    private final ReceiveBuffers buffers;
    private final FileSends fileSends;
    private final Connecting connecting;
    private final DatagramOperations datagrams;
    private final ByteBuffer[] views = new ByteBuffer[SendCursor.PIECES_PER_WRITE];

    /** Why the last read FAILED. */
    private IoFailure readFailure = IoFailure.OUT_OF_MEMORY;

    ReadyOperations(Selector selector, Completions completions, ReceiveBuffers buffers, FileSends fileSends) {
        this.fileSends = fileSends;
        this.selector = selector;
        this.completions = completions;
        this.buffers = buffers;
        this.connecting = new Connecting(selector, completions);
        this.datagrams = new DatagramOperations(completions);
    }

    void perform(Operation operation) {
        NioEndpoint endpoint = Completions.endpointOf(operation);
        switch (operation) {
            case Accept accept -> accept(accept, (NioListener) endpoint);
            case Receive receive -> receive(receive, (NioSocket) endpoint);
            case ReceiveContinuously receive -> receiveContinuously(receive, (NioSocket) endpoint);
            case Send send -> send(send, (NioSocket) endpoint);
            case DatagramReceive receive -> {
                endpoint.inputReady = false;
                if (!datagrams.receive(receive, (NioDatagram) endpoint)) {
                    leaveToSelector(receive, SelectionKey.OP_READ);
                }
            }
            case DatagramSend send -> {
                if (!datagrams.send(send, (NioDatagram) endpoint)) {
                    leaveToSelector(send, SelectionKey.OP_WRITE);
                }
            }
            case SendFile send -> fileSends.perform(send, (NioSocket) endpoint);
            case FileOperation _ -> throw new IllegalArgumentException("a file is never ready: see FileOperations");
            case Connect connect -> connecting.perform(connect, (NioSocket) endpoint);
            case Handshake _ -> throw new IllegalArgumentException("a handshake is made of receives and sends");
            case Disconnect _ -> throw new IllegalArgumentException("a disconnect is the shard's business");
            case Transmit _ -> throw new IllegalArgumentException("a transmit is the shard's business");
            case Post _ -> throw new IllegalArgumentException("a post never reaches an engine");
        }
    }

    /**
     * Performs a receive or a send that the loop does not have, as far as that goes now.
     *
     * @return how it ended; null if it is to be submitted
     */
    @Nullable
    Status attempt(Operation operation) {
        return switch (operation) {
            case Receive receive -> attempt(receive, (NioSocket) Completions.endpointOf(receive));
            case Send send -> attempt(send, (NioSocket) Completions.endpointOf(send));
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
    private Status attempt(Receive receive, NioSocket socket) {
        MemorySegment memory = receive.memory;
        ReceiveBufferPool pool = buffers.of(socket);
        int n;
        if (memory != null) {
            if (memory.byteSize() == 0) {
                return null;
            }
            n = read(socket, memory);
        } else if (pool.hasWaiting()) {
            return null; // others were here before
        } else {
            LeasedBuffer buffer = takeNow(pool);
            if (buffer == null) {
                return null;
            }
            n = read(socket, buffer);
            if (n > 0) {
                receive.lease = buffer.lease();
            } else {
                buffers.giveBack(buffer);
            }
        }
        if (n == 0) {
            socket.inputReady = false;
            return null;
        }
        if (n == FAILED) {
            receive.nativeError(readFailure.nativeError());
            return readFailure.status();
        }
        receive.bytes = Math.max(n, 0);
        return n == END_OF_STREAM ? Status.EOF : Status.OK;
    }

    /** A buffer, or null if there is none or no memory for one: then the submit sees to it. */
    @Nullable
    private static LeasedBuffer takeNow(ReceiveBufferPool pool) {
        try {
            return pool.take();
        } catch (OutOfMemoryError e) {
            return null;
        }
    }

    @Nullable
    private Status attempt(Send send, NioSocket socket) {
        SendCursor cursor = socket.cursor;
        cursor.begin();
        IoFailure failure = write(send, socket);
        send.bytes = cursor.sent();
        if (failure != null) {
            send.nativeError(failure.nativeError());
            return failure.status();
        }
        return cursor.isDone(send) ? Status.OK : null;
    }

    /** Leaves the operation to the selector: it is performed when its channel is ready. */
    void leaveToSelector(Operation operation, int readiness) {
        NioEndpoint endpoint = Completions.endpointOf(operation);
        try {
            endpoint.watch(selector, readiness);
        } catch (ClosedChannelException e) {
            long bytes = endpoint instanceof NioSocket socket && operation.isOutput() ? socket.cursor.sent() : 0;
            completions.failed(operation, IoFailure.ofTransfer(e), bytes);
        }
    }

    private static boolean goesOn(Operation operation) {
        return operation.engineTag == Completions.ARMED;
    }

    private void accept(Accept accept, NioListener listener) {
        listener.inputReady = false;
        for (int i = 0; i < ACCEPTS_PER_READINESS; i++) {
            SocketChannel channel;
            try {
                channel = listener.channel.accept();
            } catch (IOException e) {
                IoFailure failure = IoFailure.ofAccept(e);
                if (failure != null) {
                    completions.failed(accept, failure, 0);
                    return;
                }
                completions.acceptAborted();
                continue;
            }
            if (channel == null) {
                break;
            }
            NioSocket socket = adopt(channel, listener);
            if (socket == null) {
                completions.acceptAborted();
            } else if (accept.continuous) {
                completions.accepted(accept, socket);
                if (!goesOn(accept)) {
                    return;
                }
            } else {
                accept.accepted = socket;
                completions.completed(accept, Status.OK, 0, 0);
                return;
            }
        }
        leaveToSelector(accept, SelectionKey.OP_ACCEPT);
    }

    /** Null if the peer has reset the connection already. */
    @Nullable
    private static NioSocket adopt(SocketChannel channel, NioListener listener) {
        try {
            return NioSocket.of(channel, listener);
        } catch (IOException gone) {
            try {
                channel.close();
            } catch (IOException e) {
                gone.addSuppressed(e); // closed as far as it can be
            }
            return null;
        }
    }

    private void receive(Receive receive, NioSocket socket) {
        socket.inputReady = false;
        MemorySegment memory = receive.memory;
        if (memory != null && memory.byteSize() == 0) {
            awaitReadable(receive, socket);
            return;
        }
        if (memory != null) {
            int n = read(socket, memory);
            if (n > 0) {
                completions.completed(receive, Status.OK, n, 0);
            } else {
                receivedNothing(receive, socket, n);
            }
            return;
        }
        LeasedBuffer buffer = take(receive, socket);
        if (buffer != null) {
            int n = read(socket, buffer);
            if (n > 0) {
                receive.lease = buffer.lease();
                completions.completed(receive, Status.OK, n, 0);
            } else {
                buffers.giveBack(buffer);
                receivedNothing(receive, socket, n);
            }
        }
    }

    private void awaitReadable(Receive receive, NioSocket socket) {
        int n;
        try {
            n = socket.peek();
        } catch (IOException e) {
            readFailure = IoFailure.ofTransfer(e);
            n = FAILED;
        }
        if (n == 1 || (n == END_OF_STREAM && !socket.shutDown)) {
            socket.inputReady = true; // the selector does not know of a byte that was pushed back
            completions.completed(receive, Status.OK, 0, 0);
        } else {
            receivedNothing(receive, socket, n);
        }
    }

    private void receiveContinuously(ReceiveContinuously receive, NioSocket socket) {
        socket.inputReady = false;
        // While others wait for a buffer nobody takes more than one at a time.
        int budget = buffers.of(socket).hasWaiting() ? 1 : READS_PER_READINESS;
        for (int i = 0; i < budget; i++) {
            LeasedBuffer buffer = take(receive, socket);
            if (buffer == null) {
                return;
            }
            int n = read(socket, buffer);
            if (n <= 0) {
                buffers.giveBack(buffer);
                receivedNothing(receive, socket, n);
                return;
            }
            boolean drained = n < buffer.capacity();
            completions.received(receive, buffer.lease());
            if (!goesOn(receive)) {
                return;
            }
            if (drained) {
                break; // most likely empty now; if not, the selector says so
            }
        }
        leaveToSelector(receive, SelectionKey.OP_READ);
    }

    private void receivedNothing(Operation receive, NioSocket socket, int result) {
        if (result == 0) {
            leaveToSelector(receive, SelectionKey.OP_READ);
            return;
        }
        // From here on the channel is ready for ever; a later receive finds the same end without the selector.
        socket.unwatch(SelectionKey.OP_READ);
        socket.inputReady = true;
        if (result == FAILED) {
            completions.failed(receive, readFailure, 0);
        } else if (socket.shutDown) {
            completions.completed(receive, Status.CANCELLED, 0, 0);
        } else {
            completions.completed(receive, Status.EOF, 0, 0);
        }
    }

    /** A buffer for the socket's next bytes; null if there is none, and then the operation is seen to. */
    @Nullable
    private LeasedBuffer take(Operation receive, NioSocket socket) {
        ReceiveBufferPool pool = buffers.of(socket);
        LeasedBuffer buffer;
        try {
            buffer = pool.take();
        } catch (OutOfMemoryError e) {
            socket.inputReady = true;
            socket.unwatch(SelectionKey.OP_READ);
            completions.failed(receive, IoFailure.OUT_OF_MEMORY, 0);
            return null;
        }
        if (buffer == null) {
            socket.inputReady = true;
            socket.unwatch(SelectionKey.OP_READ);
            pool.await(socket);
        }
        return buffer;
    }

    private int read(NioSocket socket, LeasedBuffer buffer) {
        buffer.length(buffer.capacity());
        int n = read(socket, buffer.data());
        buffer.length(Math.max(n, 0));
        return n;
    }

    private int read(NioSocket socket, MemorySegment memory) {
        ByteBuffer view;
        try {
            view = SendCursor.view(memory, 0);
        } catch (RuntimeException e) {
            readFailure = new IoFailure(Status.FAULT, 0);
            return FAILED;
        }
        return read(socket, view);
    }

    private int read(NioSocket socket, ByteBuffer target) {
        try {
            int n = socket.read(target);
            return n < 0 ? END_OF_STREAM : n;
        } catch (IOException e) {
            readFailure = IoFailure.ofTransfer(e);
        } catch (RuntimeException e) {
            // The memory's arena is closed, or it is read-only: an error of the program.
            readFailure = new IoFailure(Status.FAULT, 0);
        }
        return FAILED;
    }

    private void send(Send send, NioSocket socket) {
        SendCursor cursor = socket.cursor;
        IoFailure failure = write(send, socket);
        if (failure != null) {
            completions.failed(send, failure, cursor.sent());
        } else if (cursor.isDone(send)) {
            completions.completed(send, Status.OK, cursor.sent(), 0);
        } else {
            leaveToSelector(send, SelectionKey.OP_WRITE);
        }
    }

    /** Writes what the kernel takes now; null if nothing went wrong. */
    @Nullable
    private IoFailure write(Send send, NioSocket socket) {
        SendCursor cursor = socket.cursor;
        try {
            for (int i = 0; i < WRITES_PER_READINESS; i++) {
                if (cursor.isDone(send)) {
                    break;
                }
                cursor.writeTo(socket.channel(), send, views);
                if (!cursor.wasFull()) {
                    break;
                }
            }
        } catch (IOException e) {
            return IoFailure.ofTransfer(e);
        } catch (RuntimeException e) {
            return new IoFailure(Status.FAULT, 0);
        }
        return null;
    }
}
