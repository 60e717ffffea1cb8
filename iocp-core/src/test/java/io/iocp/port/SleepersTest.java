package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.Post;
import io.iocp.port.Counters.Count;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SleepersTest {
    private static final int SHARDS = 8;

    private static void awaitAllAsleep(ScriptedPort port) {
        await().atMost(ScriptedPort.DEADLINE)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> port.core.sleepers().size() == SHARDS);
    }

    private static long sleeps(ScriptedPort port) {
        return port.core.counters().stream().mapToLong(c -> c.of(Count.SLEEPS)).sum();
    }

    private static void post(ScriptedPort port) {
        Post post = new Post("post");
        post.begin(null);
        port.core.post(post);
    }

    @Test
    void shouldWakeOneOfEightForOnePostAndTheSameForTheNext() throws Exception {
        BlockingQueue<Thread> runners = new LinkedBlockingQueue<>();
        try (ScriptedPort port = new ScriptedPort(SHARDS, _ -> runners.add(Thread.currentThread()))) {
            awaitAllAsleep(port);
            long before = sleeps(port);
            Thread last = null;
            for (int i = 1; i <= 50; i++) {
                post(port);
                Thread runner = runners.poll(ScriptedPort.DEADLINE.toSeconds(), TimeUnit.SECONDS);
                awaitAllAsleep(port);
                // Who was woken fell asleep again, and nobody else did.
                assertThat(sleeps(port)).as("sleeps after post %d", i).isEqualTo(before + i);
                if (last != null) {
                    assertThat(runner).as("the last to fall asleep").isSameAs(last);
                }
                last = runner;
            }
        }
    }

    @Test
    void shouldWakeFromTheTopAndPassOverWhoIsAwakeAlready() {
        Sleepers sleepers = new Sleepers(3);
        List<String> woken = new ArrayList<>();
        Sleepers.Member first = () -> woken.add("first");
        Sleepers.Member awake = () -> false;
        Sleepers.Member last = () -> woken.add("last");
        sleepers.push(first);
        sleepers.push(last);
        sleepers.push(awake);
        assertThat(sleepers.wakeOne()).isTrue();
        assertThat(woken).containsExactly("last");
        assertThat(sleepers.size()).isEqualTo(1);
        sleepers.push(last);
        sleepers.remove(first);
        assertThat(sleepers.wakeOne()).isTrue();
        assertThat(woken).containsExactly("last", "last");
        assertThat(sleepers.isEmpty()).isTrue();
        assertThat(sleepers.wakeOne()).isFalse();
    }
}
