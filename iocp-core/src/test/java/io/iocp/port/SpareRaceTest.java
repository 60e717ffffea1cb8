package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A packet that waits for a spare, against everything that keeps spares from it for a moment. */
@Timeout(60)
class SpareRaceTest {

    private static void opened(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a test", e);
        }
    }

    /** All of the port's spares, so that nobody else has one. */
    private static List<Worker> reserveAll(Workers workers) {
        List<Worker> reserved = new ArrayList<>();
        for (Worker spare = workers.reserve(); spare != null; spare = workers.reserve()) {
            reserved.add(spare);
        }
        return reserved;
    }

    private static Post postThatWaits(ScriptedPort port) {
        Post post = new Post("waits");
        post.begin(null);
        port.core.post(post);
        await().atMost(ScriptedPort.DEADLINE).until(() -> port.core.workers().waiting() == 1);
        return post;
    }

    @Test
    void shouldRunOnASpareThatWasReservedForAShardAndNotNeeded() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, true, _ -> {})) {
            Workers workers = port.core.workers();
            List<Worker> reserved = reserveAll(workers);
            Post post = postThatWaits(port);
            ScriptedPort.settle(port.core.chooseShard());
            reserved.forEach(workers::release);
            assertThat(port.next()).isSameAs(post);
        }
    }

    @Test
    void shouldRunOnANewSpareWhenTheLastOneWasJustEnding() throws Exception {
        try (ScriptedPort port = new ScriptedPort(1, true, _ -> {})) {
            Workers workers = port.core.workers();
            List<Worker> reserved = reserveAll(workers);
            Worker ending = Objects.requireNonNull(reserved.removeLast());
            workers.release(ending);
            assertThat(workers.mayRetire(ending, true)).isTrue();
            Post post = postThatWaits(port);
            ScriptedPort.settle(port.core.chooseShard());
            workers.ended(ending, false);
            assertThat(port.next()).isSameAs(post);
            workers.release(ending);
            reserved.forEach(workers::release);
        }
    }

    @Test
    void shouldRunWhatIsLeftOfALeakedShardWhoseHolderCameAfterTheSparesHadGone() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        ScriptedPort port = new ScriptedPort(1, true, Duration.ofMillis(50), _ -> {});
        Endpoint endpoint = new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION);
        Shard shard = port.associate(endpoint);
        Receive stuck = new Receive("stuck");
        stuck.begin(endpoint);
        shard.start(stuck);
        Receive behind = new Receive("behind");
        behind.begin(endpoint);
        shard.start(behind);
        ScriptedPort.settle(shard);
        port.loop(0).inTurn(_ -> opened(gate));
        assertThat(port.core.close()).as("shards leaked").isEqualTo(1);
        gate.countDown();
        assertThat(port.next()).isSameAs(behind);
        assertThat(behind.status).isEqualTo(Status.PORT_CLOSED);
        await().atMost(ScriptedPort.DEADLINE)
                .until(() -> port.core.workers().all().isEmpty());
    }
}
