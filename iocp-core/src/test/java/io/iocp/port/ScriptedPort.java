package io.iocp.port;

import static org.awaitility.Awaitility.await;

import io.iocp.engine.LoopOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A port on a {@link ScriptedEngine}, without the public floor: the test is the handler. */
final class ScriptedPort implements AutoCloseable {
    static final Duration DEADLINE = Duration.ofSeconds(20);

    final ScriptedEngine engine = new ScriptedEngine();
    final PortCore core;

    /** Packets in the order in which they were run. */
    final BlockingQueue<Operation> ran = new LinkedBlockingQueue<>();

    final Queue<Endpoint> closed = new ConcurrentLinkedQueue<>();

    ScriptedPort(int shards, Consumer<Operation> handler) throws IOException {
        this(shards, false, handler);
    }

    /** @param blocking whether the handler says that it blocks */
    ScriptedPort(int shards, boolean blocking, Consumer<Operation> handler) throws IOException {
        this(shards, blocking, DEADLINE, handler);
    }

    /** @param closeTimeout what {@code PortOptions.closeTimeout} is */
    ScriptedPort(int shards, boolean blocking, Duration closeTimeout, Consumer<Operation> handler) throws IOException {
        PortSettings settings = new PortSettings(
                "scripted",
                shards,
                shards + 4,
                0,
                false,
                new LoopOptions(8, 32, 8),
                4,
                64,
                1000,
                0,
                closeTimeout.toNanos(),
                true,
                false);
        PacketRunner runner = new QuietRunner() {
            @Override
            public boolean run(Operation operation, WorkerClock clock) {
                handler.accept(operation);
                ran.add(operation);
                return true;
            }

            @Override
            public boolean isBlocking(Operation operation) {
                return blocking;
            }

            @Override
            public @Nullable Post closed(Endpoint endpoint, boolean delivers) {
                closed.add(endpoint);
                return null;
            }
        };
        core = new PortCore(settings, engine, runner, false);
    }

    ScriptedEngine.Loop loop(int shard) {
        return engine.loops.get(shard);
    }

    /** Puts an endpoint on the shard that has the fewest: they take turns. */
    Shard associate(Endpoint endpoint) {
        Shard shard = core.chooseShard();
        endpoint.move(Lifecycle.UNASSOCIATED, Lifecycle.OPEN);
        core.attach(endpoint, shard);
        return shard;
    }

    /** Everything that was offered to the shard before has been taken. */
    static void settle(Shard shard) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        shard.command(_ -> done.countDown());
        if (!done.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the shard does not answer any more");
        }
    }

    /** The operation has been given to the engine. */
    static void awaitSubmitted(ScriptedEngine.Loop loop, Operation operation) {
        awaitSubmitted(loop, operation, 1);
    }

    /** The operation has been given to the engine so many times. */
    static void awaitSubmitted(ScriptedEngine.Loop loop, Operation operation, int times) {
        await().atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> loop.submitted.stream().filter(o -> o == operation).count() == times);
    }

    /** The next packet that was run. */
    Operation next() throws InterruptedException {
        Operation operation = ran.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        if (operation == null) {
            throw new AssertionError("no packet came");
        }
        return operation;
    }

    @Override
    public void close() {
        int leaked;
        try {
            leaked = core.close();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a test", e);
        }
        if (leaked > 0) {
            throw new AssertionError(leaked + " shard(s) had to be leaked");
        }
    }
}
