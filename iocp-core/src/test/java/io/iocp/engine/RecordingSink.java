package io.iocp.engine;

import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Writes down what a loop reports. */
public final class RecordingSink implements CompletionSink {
    public record Completed(Operation operation, Status status, long bytes, int nativeError) {}

    public final Queue<Completed> completed = new ArrayDeque<>();
    public final List<Endpoint> accepted = new ArrayList<>();
    public final List<LeasedBuffer> held = new ArrayList<>();
    public final ByteArrayOutputStream received = new ByteArrayOutputStream();
    public final Queue<LeasedBuffer> returned = new ConcurrentLinkedQueue<>();
    public final Queue<BufferRelease> returnedBuffers = new ArrayDeque<>();
    public int aborted;
    public int stale;

    /** Runs within each report of received bytes. */
    public Runnable onReceived = () -> {};

    /** Runs within each report of an accepted connection. */
    public Runnable onAccepted = () -> {};

    @Override
    public void completed(Operation operation, Status status, long bytes, int nativeError) {
        completed.add(new Completed(operation, status, bytes, nativeError));
    }

    @Override
    public void received(ReceiveContinuously operation, LeasedBuffer buffer) {
        ByteBuffer data = buffer.data();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        received.writeBytes(bytes);
        held.add(buffer);
        onReceived.run();
    }

    @Override
    public void accepted(Accept operation, Endpoint connection) {
        accepted.add(connection);
        onAccepted.run();
    }

    @Override
    public void returned(BufferRelease buffer) {
        returnedBuffers.add(buffer);
    }

    @Override
    public void busy(Endpoint endpoint) {
        throw new AssertionError("an engine has no request of its own");
    }

    @Override
    public void quiet(Endpoint endpoint) {
        throw new AssertionError("an engine has no request of its own");
    }

    @Override
    public void acceptAborted() {
        aborted++;
    }

    @Override
    public void staleCompletion() {
        stale++;
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        returned.add(buffer);
    }
}
