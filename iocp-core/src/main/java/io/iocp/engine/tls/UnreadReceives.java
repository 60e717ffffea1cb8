package io.iocp.engine.tls;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.operation.BufferPool;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Receives of plain connections whose bytes are here already, because they were put back: performs them in place of the engine.
 *
 * <p>Thread: shard holder.
 */
final class UnreadReceives {
    /*
     * A receive is here from its submit to the next turn, or not at all: nothing is reported from a submit or a cancel. The
     * engine does not know of it. A single one ends with what there is, also if it was cancelled meanwhile: the cancel has come
     * too late. A continuous one brings what there is and goes on to the engine, unless it was cancelled: then it ends.
     */
    private final CompletionSink sink;
    private final BufferPool buffers;
    private List<@Nullable Operation> waiting = new ArrayList<>(0);

    /** Those that are being served, null once they were. */
    private List<@Nullable Operation> served = new ArrayList<>(0);

    private final List<Operation> cancelled = new ArrayList<>(0);

    UnreadReceives(CompletionSink sink, BufferPool buffers) {
        this.sink = sink;
        this.buffers = buffers;
    }

    /** Whether there are bytes for this operation. */
    static boolean isFor(Operation operation) {
        Endpoint endpoint = operation.endpoint;
        return (operation instanceof Receive || operation instanceof ReceiveContinuously)
                && endpoint != null
                && endpoint.unread != null;
    }

    /** Bytes that were put back. */
    static int bytes(Endpoint endpoint) {
        ByteBuffer unread = endpoint.unread;
        return unread == null ? 0 : unread.remaining();
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Takes an operation that is not for the engine yet; false if it is. */
    boolean takes(Operation operation) {
        if (!isFor(operation)) {
            return false;
        }
        waiting.add(operation);
        return true;
    }

    /** False if the engine has it. */
    boolean cancels(Operation operation) {
        if (!contains(waiting, operation) && !contains(served, operation)) {
            return false;
        }
        cancelled.add(operation);
        return true;
    }

    private static boolean contains(List<@Nullable Operation> operations, Operation operation) {
        return !operations.isEmpty() && operations.contains(operation);
    }

    /** Reports what has been taken since the last turn; returns how many. */
    int serve(EngineLoop engine) {
        if (waiting.isEmpty()) {
            return 0;
        }
        List<@Nullable Operation> now = waiting;
        waiting = served;
        served = now;
        int reported = now.size();
        for (int i = 0; i < reported; i++) {
            Operation operation = Objects.requireNonNull(now.set(i, null));
            boolean isCancelled = !cancelled.isEmpty() && cancelled.remove(operation);
            if (operation instanceof Receive receive) {
                sink.completed(receive, Status.OK, take(receive), 0);
            } else {
                serve((ReceiveContinuously) operation, isCancelled, engine);
            }
        }
        now.clear();
        return reported;
    }

    private void serve(ReceiveContinuously receive, boolean isCancelled, EngineLoop engine) {
        if (isCancelled) {
            sink.completed(receive, Status.CANCELLED, 0, 0); // the bytes stay for the next one
            return;
        }
        Endpoint endpoint = receive.endpoint;
        ByteBuffer unread = endpoint == null ? null : endpoint.unread;
        // The engine first: what the sink is told of may lead to a cancel, which then finds it there.
        engine.submit(receive);
        if (endpoint != null && unread != null) {
            endpoint.unread = null;
            sink.received(receive, leased(unread));
        }
    }

    private long take(Receive receive) {
        Endpoint endpoint = receive.endpoint;
        @Nullable ByteBuffer unread = endpoint == null ? null : endpoint.unread;
        if (endpoint == null || unread == null || receive.isReadable()) {
            return 0;
        }
        MemorySegment memory = receive.memory;
        if (memory == null) {
            endpoint.unread = null;
            LeasedBuffer all = leased(unread);
            receive.lease = all;
            return all.length();
        }
        int count = (int) Math.min(memory.byteSize(), unread.remaining());
        MemorySegment.copy(MemorySegment.ofBuffer(unread), 0, memory, 0, count);
        unread.position(unread.position() + count);
        if (!unread.hasRemaining()) {
            endpoint.unread = null;
        }
        return count;
    }

    private LeasedBuffer leased(ByteBuffer bytes) {
        int length = bytes.remaining();
        LeasedBuffer buffer = buffers.lease(length);
        buffer.length(length);
        buffer.data().put(bytes);
        return buffer;
    }
}
