package io.iocp.engine.nio;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.FileThreads;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.Connect;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileSource;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OpenFile;
import io.iocp.operation.Operation;
import io.iocp.operation.Send;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A loop on one selector: each turn tries what was submitted, waits for readiness, and performs what became ready.
 *
 * <p>A send is tried in the turn after its submit, without the selector; a receive or an accept waits for readiness unless
 * that is known already. Interest in a readiness stays registered while it is wanted again and again, and is dropped when
 * the selector reports it and nobody wants it: so an exchange of request and answer never changes it.
 *
 * <p>A turn that has something to report from what was submitted asks the selector only every other time: an answer that
 * was just sent is seldom met by the next request already, and a select with nothing in it costs a system call.
 *
 * <p>A wait is rounded up to whole milliseconds, the selector's unit.
 *
 * <p>Thread: shard holder, but for {@link #wakeup()} and {@link #receiveMemoryBytes()}. Next: {@link
 * ReadyOperations#perform}.
 */
final class NioLoop implements EngineLoop {
    /*
     * Ordering. The sink may call submit, cancel, recycle, shutdown and closeDescriptor from within a report. So a turn
     * takes only as many entries of a queue as there were when it began.
     *
     * Ownership. An operation that has completed may already belong to another loop; so it must have left both queues by
     * then. One that is SUBMITTED is in `submitted` and is not performed before it has left it; one that is CANCELLED
     * completes when it leaves `cancelled` and in no other way, and a turn empties `submitted` first.
     */

    /**
     * Of what a select found, so much is performed in a turn: its messages are answered while what the kernel and we know of
     * their connections is in the cache. Measured: with 1,000 connections at work an echo costs two thirds.
     */
    private static final int READY_IN_A_TURN = 32;

    private final Readiness readiness = new Readiness();
    private final Completions completions;
    private final ReceiveBuffers buffers;
    private final ReadyOperations operations;
    private final FileOperations files;
    private final FileSends fileSends;
    private final ArrayDeque<Operation> submitted = new ArrayDeque<>();
    private final ArrayDeque<Operation> cancelled = new ArrayDeque<>();

    /** The last pass had something to report without the selector and did not ask it. */
    private boolean selectSkipped;

    /**
     * A wake-up that no turn has answered. The selector keeps one of its own; this one survives the selects that only free
     * descriptors.
     */
    private volatile boolean wakeupPending;

    NioLoop(LoopOptions options, CompletionSink sink, FileThreads fileThreads) throws IOException {
        completions = new Completions(sink);
        buffers = new ReceiveBuffers(options.receiveBuffers(), sink);
        fileSends = new FileSends(fileThreads, readiness, completions);
        operations = new ReadyOperations(readiness.selector(), completions, buffers, fileSends);
        files = new FileOperations(fileThreads, readiness, completions);
    }

    @Override
    public void submit(Operation operation) {
        if (operation instanceof FileOperation file) {
            files.submit(file);
            return;
        }
        NioEndpoint endpoint = Completions.endpointOf(operation);
        assert endpoint.operationOf(operation.isOutput()) == null : "one operation for each direction at a time";
        operation.engineTag = Completions.SUBMITTED;
        if (operation.isOutput()) {
            endpoint.outputOperation = operation;
            boolean sends = operation instanceof Send || operation instanceof SendFile;
            if (sends && endpoint instanceof NioSocket socket && operation.bytes == 0) {
                socket.cursor.begin(); // else an attempt has begun it
            }
        } else {
            endpoint.inputOperation = operation;
            if (endpoint.isWatching(endpoint.inputOp()) && !endpoint.inputReady) {
                operation.engineTag = Completions.ARMED; // the selector looks after it already
                return;
            }
        }
        submitted.add(operation);
    }

    @Override
    @Nullable
    public Status attempt(Operation operation) {
        NioEndpoint endpoint = Completions.endpointOf(operation);
        assert endpoint.operationOf(operation.isOutput()) == null : "one operation for each direction at a time";
        return operations.attempt(operation);
    }

    @Override
    public boolean sendsFrom(Endpoint connection, FileSource source) {
        return true;
    }

    @Override
    public void cancel(Operation operation) {
        if (operation instanceof FileOperation file) {
            files.cancel(file);
            return;
        }
        if (operation.engineTag == Completions.WITH_THREAD) {
            fileSends.cancel(operation);
        } else if (operation.engineTag == Completions.ARMED || operation.engineTag == Completions.SUBMITTED) {
            operation.engineTag = Completions.CANCELLED;
            cancelled.add(operation);
        }
    }

    @Override
    public int available(Endpoint endpoint) {
        return endpoint instanceof NioSocket socket ? socket.available() : -1;
    }

    @Override
    public int turn(long timeoutNanos) {
        completions.beginTurn();
        long begin = timeoutNanos > 0 ? System.nanoTime() : 0;
        long left = timeoutNanos;
        boolean interrupted;
        do {
            // With the flag set every select returns at once for ever, and some channel calls close their channel.
            interrupted = Thread.interrupted();
            pass(interrupted ? 0 : left);
            if (timeoutNanos > 0) {
                left = timeoutNanos - (System.nanoTime() - begin);
            }
            // Readiness that completes nothing (a part of a send, input nobody wants) does not end the wait.
        } while (completions.count() == 0
                && !interrupted
                && !wakeupPending
                && (timeoutNanos < 0 || (timeoutNanos > 0 && left > 0)));
        if (timeoutNanos != 0 && wakeupPending) {
            wakeupPending = false;
        }
        return completions.count();
    }

    private void pass(long timeoutNanos) {
        int submits = submitted.size();
        int cancels = cancelled.size();
        startSubmitted(submits);
        resumeWaiting();
        completeCancelled(cancels);
        files.report();
        fileSends.report(operations);
        if (completions.count() > 0 && !selectSkipped) {
            selectSkipped = true;
            return;
        }
        selectSkipped = false;
        if (!readiness.hasNext()) {
            readiness.select(isBusy() ? 0 : timeoutNanos);
        }
        performReady();
        files.report();
        fileSends.report(operations);
    }

    private boolean isBusy() {
        return completions.count() > 0
                || wakeupPending
                || !submitted.isEmpty()
                || !cancelled.isEmpty()
                || files.hasFinished()
                || fileSends.hasFinished()
                || buffers.canResume();
    }

    private void startSubmitted(int count) {
        for (int i = 0; i < count; i++) {
            Operation operation = submitted.remove();
            if (operation.engineTag == Completions.CANCELLED) {
                continue;
            }
            assert operation.engineTag == Completions.SUBMITTED : "completed before it left the queue";
            operation.engineTag = Completions.ARMED;
            NioEndpoint endpoint = Completions.endpointOf(operation);
            if (operation.isOutput() || endpoint.inputReady) {
                operations.perform(operation);
            } else {
                operations.leaveToSelector(operation, endpoint.inputOp());
            }
        }
    }

    private void resumeWaiting() {
        for (int i = 0; i < buffers.pools().size(); i++) {
            ReceiveBufferPool pool = buffers.pools().get(i);
            for (int n = pool.waiting(); n > 0 && pool.canResume(); n--) {
                performNow(pool.nextWaiting().inputOperation);
            }
        }
    }

    private void completeCancelled(int count) {
        for (int i = 0; i < count; i++) {
            Operation operation = cancelled.remove();
            NioEndpoint endpoint = Completions.endpointOf(operation);
            boolean sends = operation instanceof Send || operation instanceof SendFile;
            long bytes = sends && endpoint instanceof NioSocket socket ? socket.cursor.sent() : 0;
            if (operation instanceof Connect) {
                Connecting.drop((NioSocket) endpoint);
            }
            completions.completed(operation, Status.CANCELLED, bytes, 0);
        }
    }

    private void performReady() {
        for (int i = 0; i < READY_IN_A_TURN; i++) {
            NioEndpoint endpoint = readiness.next();
            if (endpoint == null) {
                return;
            }
            int readyOps = endpoint.readyOps;
            endpoint.readyOps = 0;
            int outputOps = readyOps & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT);
            if (outputOps != 0 && !performNow(endpoint.outputOperation)) {
                endpoint.unwatch(outputOps);
            }
            int inputOp = endpoint.inputOp();
            if ((readyOps & inputOp) != 0 && !performNow(endpoint.inputOperation)) {
                endpoint.unwatch(inputOp);
                endpoint.inputReady = true;
            }
        }
    }

    /** False if there is nobody to perform it for. */
    private boolean performNow(@Nullable Operation operation) {
        if (operation == null || operation.engineTag == Completions.CANCELLED) {
            return false;
        }
        if (operation.engineTag == Completions.ARMED) {
            operations.perform(operation);
        }
        return true;
    }

    @Override
    public void wakeup() {
        wakeupPending = true;
        readiness.wakeup();
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        buffers.giveBack(buffer);
    }

    @Override
    public void shutdown(Endpoint endpoint) {
        if (endpoint.file() != null) {
            return; // nobody sees it from outside
        }
        NioEndpoint nio = (NioEndpoint) endpoint;
        nio.shutDown = true;
        try {
            switch (nio) {
                case NioSocket socket -> {
                    if (socket.hasChannel() && socket.channel().isConnected() && !socket.resetOnClose()) {
                        socket.channel().shutdownOutput();
                        socket.channel().shutdownInput();
                    }
                }
                case NioDatagram _ -> {} // nobody sees it from outside
                case NioListener listener -> {
                    // The kernel goes on accepting until the descriptor is closed, and that is the selector's business.
                    if (listener.closeChannel()) {
                        readiness.freeDescriptors();
                    }
                    if (listener.inputOperation != null) {
                        cancel(listener.inputOperation); // no readiness will ever come for it
                    }
                }
            }
        } catch (IOException e) {
            // The connection is broken already: its operations find out by themselves.
            return;
        }
    }

    @Override
    public void shutdownOutput(Endpoint endpoint) {
        if (endpoint instanceof NioSocket socket && socket.channel().isOpen()) {
            try {
                socket.channel().shutdownOutput();
            } catch (IOException e) {
                return; // the connection is broken already, which its receive finds out
            }
        }
    }

    @Override
    public void abort(Endpoint endpoint) {
        NioSocket socket = (NioSocket) endpoint;
        socket.shutDown = true;
        if (socket.hasChannel()) {
            try {
                socket.channel().setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                return; // the connection is broken already: nobody sees a reset
            }
        }
    }

    @Override
    public void detach(Endpoint endpoint) {
        readiness.forget((NioEndpoint) endpoint);
        if (endpoint instanceof NioSocket socket && socket.awaitingBuffer) {
            buffers.of(socket).forget(socket); // what it has by the time that a buffer is there is another loop's
        }
        if (((NioEndpoint) endpoint).deregister()) {
            readiness.freeDescriptors(); // the channel is to be another selector's, and freed by that one alone
        }
    }

    @Override
    public void install(Endpoint into, Endpoint from) {
        ((NioSocket) into).give(((NioSocket) from).takeChannel());
    }

    /** The descriptor of a connection that was ever waited for is free at the next turn, that of any other at once. */
    @Override
    public void closeDescriptor(Endpoint endpoint) {
        OpenFile file = endpoint.file();
        if (file != null) {
            file.unpin();
            return;
        }
        try {
            ((NioEndpoint) endpoint).closeChannel();
        } catch (IOException e) {
            return; // close(2) frees the descriptor whatever it reports
        } finally {
            if (endpoint instanceof NioSocket socket && socket.hasChannel()) {
                socket.takeChannel();
            }
        }
    }

    @Override
    public void close() {
        readiness.close();
    }

    @Override
    public long receiveMemoryBytes() {
        return buffers.memoryBytes();
    }

    @Override
    public long ringMemoryBytes() {
        return 0;
    }
}
