package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A shard is taken from a handler: against its return, its library calls, its leases and its starts. */
@Timeout(60)
class HandOverRaceTest {
    /** Packets that handlers wait with, until the gate opens. */
    private final BlockingQueue<Operation> entered = new LinkedBlockingQueue<>();

    private final CountDownLatch gate = new CountDownLatch(1);

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody opened it");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a test", e);
        }
    }

    private Operation awaitEntered() throws InterruptedException {
        return Objects.requireNonNull(entered.poll(20, TimeUnit.SECONDS), "no handler was entered");
    }

    private static Receive receive(Shard shard, Endpoint endpoint) {
        Receive receive = new Receive("receive");
        receive.begin(endpoint);
        shard.start(receive);
        return receive;
    }

    private static boolean take(ScriptedPort port, Shard shard, long sampled) {
        Worker holder = Objects.requireNonNull(port.core.workers().byNumber(ShardWord.holder(sampled)));
        Worker spare = Objects.requireNonNull(port.core.workers().reserve());
        boolean taken = shard.handTo(spare, sampled, holder, HandOverCause.ASLEEP, 0);
        if (!taken) {
            port.core.workers().release(spare);
        }
        return taken;
    }

    @Test
    void shouldLeaveTheShardToAHandlerThatReturnedSinceItWasLookedAt() throws Exception {
        AtomicBoolean first = new AtomicBoolean(true);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            boolean waits = first.getAndSet(false);
            entered.add(operation);
            if (waits) {
                await(gate);
            }
        })) {
            ScriptedEngine.Peerless endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Operation receive = receive(shard, endpoint);
            ScriptedPort.awaitSubmitted(port.loop(0), receive);
            port.loop(0).complete(receive, Status.OK, 1);
            awaitEntered();
            long sampled = shard.sampleWord();
            assertThat(ShardWord.isInHandler(sampled)).isTrue();
            gate.countDown();
            port.next();
            ScriptedPort.settle(shard);
            assertThat(take(port, shard, sampled)).isFalse();
            assertThat(port.core.workers().isQuiet()).isTrue();
            assertThat(port.core.handOvers()).isZero();
            // The next packet of the same holder is another word.
            Operation second = receive(shard, endpoint);
            ScriptedPort.awaitSubmitted(port.loop(0), second);
            port.loop(0).complete(second, Status.OK, 1);
            assertThat(port.next()).isSameAs(second);
            assertThat(take(port, shard, sampled)).isFalse();
        }
    }

    @Test
    void shouldSendWhatALostHandlerDoesThroughTheInbox() throws Exception {
        AtomicReference<Shard> shardOf = new AtomicReference<>();
        ScriptedEngine.Peerless endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        ScriptedEngine.Peerless other = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        LeasedBuffer[] lease = new LeasedBuffer[1];
        Receive[] started = new Receive[1];
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation.endpoint == endpoint && started[0] == null) {
                entered.add(operation);
                await(gate);
                started[0] = receive(Objects.requireNonNull(shardOf.get()), other);
                Objects.requireNonNull(lease[0]).release();
            }
        })) {
            Shard shard = port.associate(endpoint);
            port.associate(other);
            shardOf.set(shard);
            lease[0] = new LeasedBuffer(Arena.ofAuto().allocate(8), 0, shard::recycle).lease();
            Receive first = receive(shard, endpoint);
            ScriptedPort.awaitSubmitted(port.loop(0), first);
            port.loop(0).complete(first, Status.OK, 1);
            awaitEntered();
            Receive behind = receive(shard, endpoint);
            assertThat(take(port, shard, shard.sampleWord())).isTrue();
            ScriptedPort.awaitSubmitted(port.loop(0), behind);
            port.loop(0).complete(behind, Status.OK, 1);
            // The new holder serves the shard, and the handle's own packet waits for the handler.
            ScriptedPort.settle(shard);
            ScriptedPort.settle(shard);
            assertThat(port.ran).isEmpty();
            assertThat(port.loop(0).calls).doesNotContain("recycle");
            gate.countDown();
            assertThat(List.of(port.next(), port.next())).containsExactly(first, behind);
            ScriptedPort.awaitSubmitted(port.loop(0), Objects.requireNonNull(started[0]));
            assertThat(port.loop(0).calls).contains("recycle");
            assertThat(shard.stats().state()).isIn("sleeping", "library");
            assertThat(port.core.handOvers()).isEqualTo(1);
            port.loop(0).complete(started[0], Status.OK, 1);
            assertThat(port.next()).isSameAs(started[0]);
        }
    }

    @Test
    void shouldGoOnWithAShardWhoseEngineFailsAtTheHandOver() throws Exception {
        ScriptedEngine.Peerless endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        ScriptedEngine.Peerless other = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        try (ScriptedPort port = new ScriptedPort(1, operation -> {
            if (operation.endpoint == endpoint) {
                entered.add(operation);
                await(gate);
            }
        })) {
            Shard shard = port.associate(endpoint);
            port.associate(other);
            Operation first = receive(shard, endpoint);
            ScriptedPort.awaitSubmitted(port.loop(0), first);
            port.loop(0).complete(first, Status.OK, 1);
            awaitEntered();
            port.loop(0).holdFailures.add(new IllegalStateException("from the engine"));
            assertThat(take(port, shard, shard.sampleWord())).isTrue();
            Operation second = receive(shard, other);
            ScriptedPort.awaitSubmitted(port.loop(0), second);
            port.loop(0).complete(second, Status.OK, 1);
            assertThat(port.next()).isSameAs(second);
            assertThat(port.loop(0).calls).doesNotContain("close");
            gate.countDown();
            assertThat(port.next()).isSameAs(first);
        }
    }

    @Test
    void shouldWaitForALostHandlerBeforeTheShardEnds() throws Exception {
        ScriptedEngine.Peerless endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        ScriptedPort port = new ScriptedPort(1, operation -> {
            entered.add(operation);
            await(gate);
        });
        Shard shard = port.associate(endpoint);
        Receive first = receive(shard, endpoint);
        ScriptedPort.awaitSubmitted(port.loop(0), first);
        port.loop(0).complete(first, Status.OK, 1);
        awaitEntered();
        assertThat(take(port, shard, shard.sampleWord())).isTrue();
        Thread closing = Thread.ofVirtual().start(port::close);
        Awaitility.await()
                .atMost(ScriptedPort.DEADLINE)
                .until(() -> port.loop(0).calls.contains("closeDescriptor"));
        ScriptedPort.settle(shard);
        assertThat(port.loop(0).calls).doesNotContain("close");
        gate.countDown();
        closing.join();
        assertThat(port.loop(0).calls).contains("close");
        assertThat(port.ran).containsExactly(first);
    }

    @Test
    void shouldHaveOneWinnerWhenATakerMeetsTheReturnOfTheHandler() throws Exception {
        int rounds = 500;
        int taken = 0;
        try (ScriptedPort port = new ScriptedPort(1, _ -> {})) {
            ScriptedEngine.Peerless endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            for (int round = 1; round <= rounds; round++) {
                Operation operation = receive(shard, endpoint);
                ScriptedPort.awaitSubmitted(port.loop(0), operation);
                port.loop(0).complete(operation, Status.OK, 1);
                while (port.ran.isEmpty()) {
                    long sampled = shard.sampleWord();
                    if (ShardWord.isInHandler(sampled) && take(port, shard, sampled)) {
                        taken++;
                        break;
                    }
                }
                assertThat(port.next()).isSameAs(operation);
                port.loop(0).submitted.clear();
            }
            ScriptedPort.settle(shard);
            assertThat(port.core.handOvers()).isEqualTo(taken);
        }
    }
}
