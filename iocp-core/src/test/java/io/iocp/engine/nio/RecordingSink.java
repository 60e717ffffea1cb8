package io.iocp.engine.nio;

import io.iocp.engine.CompletionSink;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Writes down what a loop reports. */
final class RecordingSink implements CompletionSink {
    record Completed(Operation operation, Status status, long bytes, int nativeError) {}

    final Queue<Completed> completed = new ArrayDeque<>();
    final List<NioSocket> accepted = new ArrayList<>();
    final List<LeasedBuffer> held = new ArrayList<>();
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    final Queue<LeasedBuffer> returned = new ConcurrentLinkedQueue<>();
    int aborted;

    /** Runs within each report of received bytes. */
    Runnable onReceived = () -> {};

    @Override
    public void completed(Operation operation, Status status, long bytes, int nativeError) {
        completed.add(new Completed(operation, status, bytes, nativeError));
    }

    @Override
    public void received(Operation.ReceiveContinuously operation, LeasedBuffer buffer) {
        ByteBuffer data = buffer.data();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        received.writeBytes(bytes);
        held.add(buffer);
        onReceived.run();
    }

    @Override
    public void accepted(Operation.Accept operation, Endpoint connection) {
        accepted.add((NioSocket) connection);
    }

    @Override
    public void acceptAborted() {
        aborted++;
    }

    @Override
    public void staleCompletion() {
        throw new AssertionError("this engine knows no stale completions");
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        returned.add(buffer);
    }
}
