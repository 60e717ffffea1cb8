package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.engine.CompletionSink;
import io.iocp.engine.Engine;
import io.iocp.engine.EngineCapabilities;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.engine.nio.NioEngine;
import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** 123: a worker outlives whatever the library itself throws between two packets. */
class FaultyEngineTest {

    /** An engine whose every third turn fails. */
    private static final class FaultyEngine implements Engine {
        final NioEngine engine = new NioEngine();
        final AtomicInteger turns = new AtomicInteger();
        final AtomicInteger faults = new AtomicInteger();

        @Override
        public EngineCapabilities capabilities() {
            return engine.capabilities();
        }

        @Override
        public Endpoint listen(InetSocketAddress address, ListenOptions options) throws IOException {
            return engine.listen(address, options);
        }

        @Override
        public void closeUnassociated(Endpoint endpoint) {
            engine.closeUnassociated(endpoint);
        }

        @Override
        public EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException {
            EngineLoop loop = engine.openLoop(options, sink);
            return new EngineLoop() {
                @Override
                public void submit(Operation operation) {
                    loop.submit(operation);
                }

                @Override
                @Nullable
                public Status attempt(Operation operation) {
                    return loop.attempt(operation);
                }

                @Override
                public void cancel(Operation operation) {
                    loop.cancel(operation);
                }

                @Override
                public int turn(long timeoutNanos) {
                    int reported = loop.turn(timeoutNanos);
                    if (turns.incrementAndGet() % 3 == 0) {
                        faults.incrementAndGet();
                        if (turns.get() % 2 == 0) {
                            throw new IllegalStateException("on purpose");
                        }
                        throw new AssertionError("on purpose");
                    }
                    return reported;
                }

                @Override
                public void wakeup() {
                    loop.wakeup();
                }

                @Override
                public void recycle(LeasedBuffer buffer) {
                    loop.recycle(buffer);
                }

                @Override
                public void shutdown(Endpoint endpoint) {
                    loop.shutdown(endpoint);
                }

                @Override
                public void shutdownOutput(Endpoint endpoint) {
                    loop.shutdownOutput(endpoint);
                }

                @Override
                public void closeDescriptor(Endpoint endpoint) {
                    loop.closeDescriptor(endpoint);
                }

                @Override
                public void close() {
                    loop.close();
                }

                @Override
                public long receiveMemoryBytes() {
                    return loop.receiveMemoryBytes();
                }

                @Override
                public long ringMemoryBytes() {
                    return loop.ringMemoryBytes();
                }
            };
        }
    }

    /** Notes the packets that it is given. */
    private static final class Noting implements PacketRunner {
        final BlockingQueue<Object> ran = new LinkedBlockingQueue<>();

        @Override
        public boolean run(Operation operation) {
            return ran.add(operation.packet());
        }

        @Override
        public void prepare(Operation operation) {}

        @Override
        public boolean isBlocking(Operation operation) {
            return false;
        }

        @Override
        public void handedOver(
                int shard, Operation operation, @Nullable Endpoint endpoint, HandOverCause cause, long nanos) {}

        @Override
        public void allBlocked(int workers) {}

        @Override
        public void closed(Endpoint endpoint) {}
    }

    static PortSettings settings(int shards) {
        return new PortSettings(
                "faulty",
                shards,
                shards,
                0,
                false,
                new LoopOptions(16, 16, 2),
                4,
                16,
                100,
                0,
                TimeUnit.SECONDS.toNanos(20),
                true,
                false);
    }

    @Test
    void shouldGoOnWhenATurnOfTheEngineFails() throws Exception {
        FaultyEngine engine = new FaultyEngine();
        Noting runner = new Noting();
        PortCore core = new PortCore(settings(1), engine, runner, false);
        for (int i = 0; i < 60; i++) {
            Operation.Post post = new Operation.Post(i);
            post.begin(null);
            core.post(post);
            assertThat(runner.ran.poll(20, TimeUnit.SECONDS)).isEqualTo(i);
        }
        assertThat(engine.faults.get()).isPositive();
        assertThat(core.close()).as("leaked shards").isZero();
        assertThat(core.state()).isEqualTo(PortCore.State.CLOSED);
    }

    @Test
    void shouldForgetSleepersThatAreAwakeAndWakeNone() throws Exception {
        PortCore core = new PortCore(settings(1), new NioEngine(), new Noting(), false);
        Shard[] shards = new Shard[3];
        Sleepers sleepers = new Sleepers(3);
        assertThat(sleepers.isEmpty()).isTrue();
        for (int i = 0; i < 3; i++) {
            shards[i] = new Shard(i, core, core.engine());
            sleepers.push(shards[i]);
        }
        assertThat(sleepers.size()).isEqualTo(3);
        sleepers.remove(shards[1]);
        sleepers.remove(shards[1]);
        assertThat(sleepers.size()).isEqualTo(2);
        // None of them sleeps any more, so nobody can be woken, and nobody stays on the stack.
        assertThat(sleepers.wakeOne()).isFalse();
        assertThat(sleepers.isEmpty()).isTrue();
        sleepers.remove(shards[0]);
        for (Shard shard : shards) {
            shard.loop().close();
        }
        core.close();
    }
}
