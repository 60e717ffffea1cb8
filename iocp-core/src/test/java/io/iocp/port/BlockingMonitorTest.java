package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Post;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the monitor takes for sleep: a second one beside the port's own, which looks when the test says so. */
@Timeout(60)
class BlockingMonitorTest {
    private final CountDownLatch inHandler = new CountDownLatch(1);
    private volatile boolean mayReturn;
    private ScriptedPort port;
    private Shard shard;
    private BlockingMonitor monitor;

    @BeforeEach
    void open() throws Exception {
        port = new ScriptedPort(1, _ -> {
            inHandler.countDown();
            while (!mayReturn) {
                Thread.onSpinWait(); // it does not sleep, so it keeps its shard
            }
        });
        shard = port.associate(new ScriptedEngine.Peerless(Endpoint.Kind.CONNECTION));
        monitor = new BlockingMonitor(port.core, port.core.workers(), List.of(shard));
    }

    @AfterEach
    void close() {
        mayReturn = true;
        port.close();
    }

    private void awaitAsleep() {
        await().atMost(ScriptedPort.DEADLINE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> shard.state().equals("sleeping") && monitor.look());
    }

    @Test
    void shouldTakeAShardThatHasNoTurnsForAsleep() {
        awaitAsleep();
        assertThat(monitor.look()).as("and it goes on sleeping").isTrue();
    }

    @Test
    void shouldNotTakeAShardForAsleepThatWasAwakeBetweenTwoLooks() throws Exception {
        awaitAsleep();
        ScriptedPort.settle(shard);
        await().atMost(ScriptedPort.DEADLINE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> shard.state().equals("sleeping"));
        assertThat(monitor.look()).as("it sleeps, but has had a turn").isFalse();
        awaitAsleep();
    }

    @Test
    void shouldNotTakeAShardForAsleepWhoseHandlerRuns() throws Exception {
        awaitAsleep();
        Post post = new Post(this);
        post.begin(null);
        port.core.post(post);
        assertThat(inHandler.await(ScriptedPort.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        for (int i = 0; i < 3; i++) {
            assertThat(monitor.look()).as("look %d, no turns meanwhile", i).isFalse();
        }
        mayReturn = true;
        awaitAsleep();
    }
}
