package io.iocp.engine.tls;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.EngineLoop;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferPool;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileSource;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import io.iocp.tls.RecordBuffers;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine loop as the shard sees it: what concerns a connection with TLS goes through its {@link TlsConnection}, everything
 * else straight to the engine and back.
 *
 * <p>Thread: shard holder. Next: the engine's loop; on the way back the shard's {@link CompletionSink}.
 */
public final class TlsLoop implements EngineLoop {
    private final CompletionSink sink;
    private final BufferPool buffers;
    private final TlsTasks tasks;
    private final Reports reports = new Reports();
    private final RecordBuffers onHeap = new RecordBuffers(false);
    private final RecordBuffers direct = new RecordBuffers(true);

    /** Connections that have something to report, or to go on with, outside of the call that made them so. */
    private List<TlsConnection> waiting = new ArrayList<>();

    private List<TlsConnection> served = new ArrayList<>();
    private final UnreadReceives unread;
    private EngineLoop engine;

    /** @param sink where plain text goes */
    @SuppressWarnings("NullAway.Init") // the engine needs its sink first: see over()
    public TlsLoop(CompletionSink sink, BufferPool buffers, TlsTasks tasks) {
        this.sink = sink;
        this.buffers = buffers;
        this.tasks = tasks;
        this.unread = new UnreadReceives(sink, buffers);
    }

    /** Where the engine is to report. */
    public CompletionSink reports() {
        return reports;
    }

    /** The engine's loop, which reports there. */
    public TlsLoop over(EngineLoop loop) {
        engine = loop;
        return this;
    }

    // ---- for the connections

    EngineLoop engine() {
        return engine;
    }

    CompletionSink sink() {
        return sink;
    }

    BufferPool buffers() {
        return buffers;
    }

    RecordBuffers records(boolean outsideOfHeap) {
        return outsideOfHeap ? direct : onHeap;
    }

    void runElsewhere(Runnable task, Runnable done) {
        tasks.run(task, done);
    }

    /** Has {@link TlsConnection#serve} called in the next turn. */
    void later(TlsConnection connection) {
        waiting.add(connection);
    }

    private static @Nullable TlsConnection of(Operation operation) {
        Endpoint endpoint = operation.endpoint;
        // The read of a file that is transmitted may carry the connection's endpoint.
        return endpoint == null || operation instanceof FileOperation ? null : of(endpoint);
    }

    private static @Nullable TlsConnection of(Endpoint endpoint) {
        return (TlsConnection) endpoint.tls();
    }

    /** The shard of this endpoint has ended without having closed it: what TLS keeps for it goes. Thread: any, the last one. */
    public static void forget(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection != null) {
            endpoint.tls(null);
            connection.disposeAfterAll();
        }
    }

    // ---- from the shard

    @Override
    public void submit(Operation operation) {
        if (operation instanceof Handshake handshake) {
            TlsConnection.begin(this, handshake);
            return;
        }
        TlsConnection connection = of(operation);
        if (connection != null) {
            connection.submit(operation);
        } else if (!unread.takes(operation)) {
            engine.submit(operation);
        }
    }

    @Override
    public @Nullable Status attempt(Operation operation) {
        TlsConnection connection = of(operation);
        if (connection == null) {
            return UnreadReceives.isFor(operation) ? null : engine.attempt(operation);
        }
        return operation instanceof Receive receive ? connection.attempt(receive) : null;
    }

    @Override
    public void cancel(Operation operation) {
        TlsConnection connection = of(operation);
        if (connection != null) {
            connection.cancel(operation);
        } else if (!unread.cancels(operation)) {
            engine.cancel(operation);
        }
    }

    @Override
    public int available(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        return connection == null
                ? UnreadReceives.bytes(endpoint) + engine.available(endpoint)
                : connection.available();
    }

    @Override
    public boolean sendsFrom(Endpoint connection, FileSource source) {
        return connection.tls() == null && engine.sendsFrom(connection, source);
    }

    @Override
    public int turn(long timeoutNanos) {
        int reported = unread.serve(engine);
        if (!waiting.isEmpty()) {
            List<TlsConnection> now = waiting;
            waiting = served;
            served = now;
            int number = now.size();
            reported += number;
            int done = 0;
            try {
                while (done < number) {
                    now.get(done++).serve();
                }
            } finally {
                waiting.addAll(now.subList(done, number)); // a fault of one is not the others'
                now.clear();
            }
        }
        boolean goesOn = reported > 0 || !waiting.isEmpty() || !unread.isEmpty();
        return reported + engine.turn(goesOn ? 0 : timeoutNanos);
    }

    @Override
    public void shutdown(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection != null) {
            connection.closing();
        }
        engine.shutdown(endpoint);
    }

    @Override
    public void shutdownOutput(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection == null) {
            engine.shutdownOutput(endpoint);
        } else {
            connection.endOutput();
        }
    }

    @Override
    public void abort(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection != null) {
            connection.aborting();
        }
        engine.abort(endpoint);
    }

    @Override
    public void giveUp(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection != null) {
            connection.giveUp();
        }
    }

    @Override
    public void closeDescriptor(Endpoint endpoint) {
        TlsConnection connection = of(endpoint);
        if (connection != null) {
            endpoint.tls(null);
            connection.dispose();
        }
        engine.closeDescriptor(endpoint);
    }

    // ---- straight through

    @Override
    public void hold(int worker) {
        engine.hold(worker);
    }

    @Override
    public void adoptAll() {
        engine.adoptAll();
    }

    @Override
    public int held(int worker) {
        return engine.held(worker);
    }

    @Override
    public int readNow(FileSource source, MemorySegment into, long offset) {
        return engine.readNow(source, into, offset);
    }

    @Override
    public void wakeup() {
        engine.wakeup();
    }

    @Override
    public void recycle(LeasedBuffer buffer) {
        engine.recycle(buffer);
    }

    @Override
    public void detach(Endpoint endpoint) {
        engine.detach(endpoint);
    }

    @Override
    public void install(Endpoint into, Endpoint from) {
        engine.install(into, from);
    }

    @Override
    public void close() {
        engine.close();
    }

    @Override
    public long receiveMemoryBytes() {
        return engine.receiveMemoryBytes();
    }

    @Override
    public long ringMemoryBytes() {
        return engine.ringMemoryBytes();
    }

    /** What the engine reports. */
    private final class Reports implements CompletionSink {
        @Override
        public void completed(Operation operation, Status status, long bytes, int nativeError) {
            TlsConnection connection = of(operation);
            if (connection == null) {
                sink.completed(operation, status, bytes, nativeError);
            } else {
                connection.completed(operation, status, bytes, nativeError);
            }
        }

        @Override
        public void received(ReceiveContinuously operation, LeasedBuffer buffer) {
            TlsConnection connection = of(operation);
            if (connection == null) {
                sink.received(operation, buffer);
            } else {
                connection.received(operation, buffer);
            }
        }

        @Override
        public void accepted(Accept operation, Endpoint connection) {
            sink.accepted(operation, connection);
        }

        @Override
        public void returned(BufferRelease buffer) {
            sink.returned(buffer);
        }

        @Override
        public void acceptAborted() {
            sink.acceptAborted();
        }

        @Override
        public void staleCompletion() {
            sink.staleCompletion();
        }

        @Override
        public void busy(Endpoint endpoint) {
            throw new IllegalStateException("the engine has nothing of its own to do");
        }

        @Override
        public void quiet(Endpoint endpoint) {
            throw new IllegalStateException("the engine has nothing of its own to do");
        }

        @Override
        public void recycle(LeasedBuffer buffer) {
            sink.recycle(buffer);
        }
    }
}
