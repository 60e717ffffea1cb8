package io.iocp.engine.nio;

import io.iocp.engine.CompletionSink;
import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.util.Objects;

/**
 * Reports to the sink, counts the reports of a turn, and lets go of operations that are done.
 *
 * <p>The sink may submit or cancel from within a report; so an operation is let go of before its completion is told.
 *
 * <p>Thread: shard holder.
 */
final class Completions {
    /** {@link Operation#engineTag} of an operation that waits for the next turn to try it. */
    static final long SUBMITTED = 1;

    /** {@link Operation#engineTag} of an operation that is performed whenever its channel is ready. */
    static final long ARMED = 2;

    /** {@link Operation#engineTag} of an operation whose only way on is to complete as cancelled. */
    static final long CANCELLED = 3;

    /** {@link Operation#engineTag} of an operation that a thread has which may wait for a disk. */
    static final long WITH_THREAD = 4;

    private final CompletionSink sink;
    private int count;

    Completions(CompletionSink sink) {
        this.sink = sink;
    }

    /** Starts counting anew. */
    void beginTurn() {
        count = 0;
    }

    int count() {
        return count;
    }

    void completed(Operation operation, Status status, long bytes, int nativeError) {
        NioEndpoint endpoint = endpointOf(operation);
        if (operation.isOutput()) {
            endpoint.outputOperation = null;
        } else {
            endpoint.inputOperation = null;
        }
        operation.engineTag = 0;
        count++;
        sink.completed(operation, status, bytes, nativeError);
    }

    /** Completes a file operation, which its task has performed. */
    void completed(FileTask task) {
        task.operation.engineTag = 0;
        count++;
        sink.completed(task.operation, task.status, task.bytes, task.nativeError);
    }

    /** Completes an operation that failed; after our own shutdown every failure is a consequence of it. */
    void failed(Operation operation, IoFailure failure, long bytes) {
        if (endpointOf(operation).shutDown) {
            completed(operation, Status.CANCELLED, bytes, 0);
        } else {
            completed(operation, failure.status(), bytes, failure.nativeError());
        }
    }

    void received(ReceiveContinuously operation, LeasedBuffer buffer) {
        count++;
        sink.received(operation, buffer);
    }

    void accepted(Accept operation, Endpoint connection) {
        count++;
        sink.accepted(operation, connection);
    }

    void acceptAborted() {
        sink.acceptAborted();
    }

    static NioEndpoint endpointOf(Operation operation) {
        return (NioEndpoint) Objects.requireNonNull(operation.endpoint, "an operation of an engine has an endpoint");
    }
}
