package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that give their shards away, against everything else that happens meanwhile. */
@Timeout(120)
class GiveAwayRaceTest {
    private static final int ROUNDS = 150;
    private static final int ENDPOINTS = 3;
    private static final int STARTERS = 3;
    private static final int EACH = 60;

    /** What one endpoint's handlers notice. */
    private static final class Watched {
        final Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        final AtomicBoolean running = new AtomicBoolean();
        final AtomicInteger ran = new AtomicInteger();
        final AtomicInteger started = new AtomicInteger();
    }

    private static Post post(Watched of) {
        Post post = new Post(of);
        post.begin(of.endpoint);
        return post;
    }

    @Test
    void shouldRunEveryPacketOnceAndSeriallyWhileShardsChangeHands() throws Exception {
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        for (int round = 0; round < ROUNDS; round++) {
            PortCore[] self = new PortCore[1];
            ScriptedPort port = new ScriptedPort(2, operation -> {
                Watched of = (Watched) operation.packet();
                if (!of.running.compareAndSet(false, true)) {
                    wrong.add("two handlers of one endpoint at once");
                }
                int chance = ThreadLocalRandom.current().nextInt(8);
                if (chance < 4 && !self[0].beginBlocking()) {
                    wrong.add("not known as a handler's thread");
                }
                for (int i = 0; i < chance * 20; i++) {
                    Thread.onSpinWait();
                }
                of.ran.incrementAndGet();
                of.running.set(false);
            });
            self[0] = port.core;
            List<Watched> all = new ArrayList<>();
            List<Shard> shards = new ArrayList<>();
            for (int i = 0; i < ENDPOINTS; i++) {
                all.add(new Watched());
                shards.add(port.associate(all.get(i).endpoint));
            }
            List<Thread> starters = new ArrayList<>();
            for (int s = 0; s < STARTERS; s++) {
                int first = s;
                starters.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < EACH; i++) {
                            int at = (first + i) % ENDPOINTS;
                            shards.get(at).start(post(all.get(at)));
                            all.get(at).started.incrementAndGet();
                        }
                    } catch (ClosedPortException expected) {
                        return; // the end of the round came first
                    }
                }));
            }
            if (round % 2 == 0) {
                for (Thread starter : starters) {
                    starter.join();
                }
            }
            port.close();
            for (Thread starter : starters) {
                starter.join();
            }
            for (Watched each : all) {
                assertThat(each.ran.get()).as("packets run in round %d", round).isEqualTo(each.started.get());
            }
            assertThat(wrong).as("in round %d", round).isEmpty();
        }
    }

    @Test
    void shouldDeliverWhatIsLeftOfALeakedShardThoughItsHandlersWait() throws Exception {
        PortCore[] self = new PortCore[1];
        CountDownLatch closed = new CountDownLatch(1);
        ScriptedPort port = new ScriptedPort(1, false, Duration.ofMillis(50), _ -> {
            self[0].beginBlocking();
            try {
                closed.await();
            } catch (InterruptedException e) {
                throw new AssertionError("nobody interrupts a worker", e);
            }
        });
        self[0] = port.core;
        List<Operation> behind = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
            Shard shard = port.associate(endpoint);
            Receive stuck = new Receive("stuck");
            stuck.begin(endpoint);
            shard.start(stuck);
            ScriptedPort.awaitSubmitted(port.loop(0), stuck);
            for (int n = 0; n < 2; n++) {
                Receive waits = new Receive("behind");
                waits.begin(endpoint);
                shard.start(waits);
                behind.add(waits);
            }
            ScriptedPort.settle(shard);
        }
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        closed.countDown();
        List<Operation> ran = new ArrayList<>();
        for (int i = 0; i < behind.size(); i++) {
            ran.add(port.next());
        }
        assertThat(ran).containsExactlyInAnyOrderElementsOf(behind);
        assertThat(ran).allMatch(o -> o.status == Status.PORT_CLOSED);
        await().atMost(ScriptedPort.DEADLINE)
                .until(() -> port.core.workers().all().isEmpty());
    }
}
