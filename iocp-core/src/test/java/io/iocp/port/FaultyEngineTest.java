package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.engine.Engine;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.ForwardingEngine;
import io.iocp.engine.ForwardingLoop;
import io.iocp.engine.LoopOptions;
import io.iocp.engine.nio.NioEngine;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** 123: a worker outlives whatever the library itself throws between two packets. */
class FaultyEngineTest {

    /** Every third turn of any of these loops fails. */
    private static final class Faults {
        final AtomicInteger turns = new AtomicInteger();
        final AtomicInteger faults = new AtomicInteger();
        final Engine engine = new ForwardingEngine(new NioEngine(), Loop::new);

        private final class Loop extends ForwardingLoop {
            Loop(EngineLoop real) {
                super(real);
            }

            @Override
            public int turn(long timeoutNanos) {
                int reported = super.turn(timeoutNanos);
                if (turns.incrementAndGet() % 3 == 0) {
                    faults.incrementAndGet();
                    if (turns.get() % 2 == 0) {
                        throw new IllegalStateException("on purpose");
                    }
                    throw new AssertionError("on purpose");
                }
                return reported;
            }
        }
    }

    /** Notes the packets that it is given. */
    private static final class Noting extends QuietRunner {
        final BlockingQueue<Object> ran = new LinkedBlockingQueue<>();

        @Override
        public boolean run(Operation operation, WorkerClock clock) {
            return ran.add(operation.packet());
        }
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
        Faults engine = new Faults();
        Noting runner = new Noting();
        PortCore core = new PortCore(settings(1), engine.engine, runner, false);
        for (int i = 0; i < 60; i++) {
            Post post = new Post(i);
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
