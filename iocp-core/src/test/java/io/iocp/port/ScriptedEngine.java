package io.iocp.port;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.FileSource;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An engine that does nothing by itself: the test says what completes and when, and reads what it was asked to do. */
final class ScriptedEngine implements Engine {
    /** A connection without a descriptor. */
    static final class Peerless extends Endpoint {
        private static final InetSocketAddress LOOPBACK = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

        Peerless(Kind kind) {
            super(kind, LOOPBACK, LOOPBACK);
        }
    }

    /** One loop; what it was asked to do stands in {@link #calls}. */
    static final class Loop implements EngineLoop {
        final Queue<String> calls = new ConcurrentLinkedQueue<>();
        final Queue<Operation> submitted = new ConcurrentLinkedQueue<>();
        private final BlockingQueue<Runnable> script = new LinkedBlockingQueue<>();
        private final CompletionSink sink;

        Loop(CompletionSink sink) {
            this.sink = sink;
        }

        /** Has the holder report a completion in its next turn. */
        void complete(Operation operation, Status status, long bytes) {
            script.add(() -> sink.completed(operation, status, bytes, 0));
        }

        /** Has the holder do this within its next turn. */
        void inTurn(Consumer<CompletionSink> step) {
            script.add(() -> step.accept(sink));
        }

        /** What the next holders meet; none = nothing. */
        final Queue<RuntimeException> holdFailures = new ConcurrentLinkedQueue<>();

        @Override
        public void hold(int worker) {
            RuntimeException failure = holdFailures.poll();
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public void submit(Operation operation) {
            calls.add("submit");
            submitted.add(operation);
        }

        /** What the next attempts come to; none = they have to be submitted. */
        final Queue<Function<Operation, @Nullable Status>> attempts = new ConcurrentLinkedQueue<>();

        @Override
        @Nullable
        public Status attempt(Operation operation) {
            calls.add("attempt");
            Function<Operation, @Nullable Status> next = attempts.poll();
            return next == null ? null : next.apply(operation);
        }

        @Override
        public boolean sendsFrom(Endpoint connection, FileSource source) {
            return false;
        }

        @Override
        public void cancel(Operation operation) {
            calls.add("cancel");
        }

        @Override
        public int available(Endpoint endpoint) {
            return -1;
        }

        @Override
        public int turn(long timeoutNanos) {
            List<Runnable> steps = new ArrayList<>();
            try {
                Runnable first = timeoutNanos < 0 ? script.take() : script.poll(timeoutNanos, TimeUnit.NANOSECONDS);
                if (first != null) {
                    steps.add(first);
                }
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts a worker", e);
            }
            script.drainTo(steps);
            steps.forEach(Runnable::run);
            return steps.size();
        }

        @Override
        public void wakeup() {
            script.add(() -> {});
        }

        @Override
        public void recycle(LeasedBuffer buffer) {
            calls.add("recycle");
        }

        @Override
        public void shutdown(Endpoint endpoint) {
            calls.add("shutdown");
        }

        @Override
        public void shutdownOutput(Endpoint endpoint) {
            calls.add("shutdownOutput");
        }

        @Override
        public void abort(Endpoint endpoint) {
            calls.add("abort");
        }

        @Override
        public void detach(Endpoint endpoint) {
            calls.add("detach");
        }

        @Override
        public void install(Endpoint into, Endpoint from) {
            calls.add("install");
        }

        @Override
        public void closeDescriptor(Endpoint endpoint) {
            calls.add("closeDescriptor");
        }

        @Override
        public void close() {
            calls.add("close");
        }

        @Override
        public long receiveMemoryBytes() {
            return 0;
        }

        @Override
        public long ringMemoryBytes() {
            return 0;
        }
    }

    final List<Loop> loops = new ArrayList<>();

    @Override
    public EngineCapabilities capabilities() {
        return new EngineCapabilities("scripted", true, true, true, true, true, false);
    }

    @Override
    public Endpoint listen(SocketAddress address, ListenOptions options) {
        return new Peerless(Endpoint.Kind.LISTENER);
    }

    @Override
    public Endpoint openDatagram(SocketAddress local, DatagramOptions options) {
        throw new UnsupportedOperationException("no test of this engine has datagrams");
    }

    @Override
    public Endpoint openFile(Path path, FileAccess access) {
        throw new UnsupportedOperationException("no test of this engine has a file");
    }

    @Override
    public long sizeOf(Endpoint file) {
        throw new UnsupportedOperationException("no test of this engine has a file");
    }

    @Override
    public Endpoint openConnection(ConnectionOptions options) {
        return new Peerless(Endpoint.Kind.CONNECTION);
    }

    @Override
    public void closeUnassociated(Endpoint endpoint) {
        loops.getFirst().calls.add("closeUnassociated");
    }

    @Override
    public EngineLoop openLoop(LoopOptions options, CompletionSink sink) {
        Loop loop = new Loop(sink);
        loops.add(loop);
        return loop;
    }
}
