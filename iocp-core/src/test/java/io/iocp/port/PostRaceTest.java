package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Post;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Posts against the close of the port: each is refused, or becomes a packet. */
@Timeout(120)
class PostRaceTest {
    private static final int ROUNDS = 1500;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRunEveryPostThatWasNotRefused(boolean delayed) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            AtomicInteger run = new AtomicInteger();
            AtomicInteger posted = new AtomicInteger();
            CountDownLatch posting = new CountDownLatch(1);
            ScriptedPort port = new ScriptedPort(2, _ -> run.incrementAndGet());
            Thread poster = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        Post post = new Post(this);
                        post.begin(null);
                        if (delayed) {
                            port.core.postDelayed(post, null, TimeUnit.HOURS.toNanos(1));
                        } else {
                            port.core.post(post);
                        }
                        posted.incrementAndGet();
                        posting.countDown();
                    }
                } catch (ClosedPortException expected) {
                    posting.countDown(); // the end of the round
                }
            });
            posting.await();
            port.close();
            poster.join();
            assertThat(run.get()).as("packets run in round %d", round).isEqualTo(posted.get());
        }
    }
}
