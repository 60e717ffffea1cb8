package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Post;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PostQueueTest {
    private static final int ROUNDS = 20_000;

    private final PostQueue queue = new PostQueue(false);

    @Test
    void shouldGiveOutInTheOrderOfComing() {
        Post[] posts = {new Post(0), new Post(1), new Post(2), new Post(3)};
        queue.offer(posts[0]);
        queue.offer(posts[1]);
        assertThat(queue.poll()).isSameAs(posts[0]);
        queue.offer(posts[2]);
        queue.offer(posts[3]);
        assertThat(queue.size()).isEqualTo(3);
        assertThat(queue.poll()).isSameAs(posts[1]);
        assertThat(queue.poll()).isSameAs(posts[2]);
        assertThat(queue.poll()).isSameAs(posts[3]);
        assertThat(queue.poll()).isNull();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void shouldRefuseOnceItIsClosedAndGiveOutWhatCameBefore() {
        Post before = new Post(0);
        Post after = new Post(1);
        Post late = new Post(2);
        queue.offer(before);
        queue.close();
        assertThat(queue.isClosed()).isTrue();
        assertThat(queue.offer(after)).isFalse();
        queue.offerLate(late);
        assertThat(queue.poll()).isSameAs(before);
        assertThat(queue.poll()).isSameAs(late);
        assertThat(queue.isEmpty()).isTrue();
    }

    /** Who has seen that it is closed and after that that it is empty must not be wrong. */
    @Test
    void shouldLoseNoPostThatArrivesWhileItIsBeingClosed() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            PostQueue raced = new PostQueue(false);
            AtomicBoolean accepted = new AtomicBoolean();
            CyclicBarrier begin = new CyclicBarrier(2);
            Thread poster = Thread.ofVirtual().start(() -> {
                try {
                    begin.await();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                accepted.set(raced.offer(new Post(0)));
            });
            Thread closer = Thread.ofVirtual().start(raced::close);
            begin.await();
            int polled = 0;
            while (!raced.isClosed() || !raced.isEmpty()) {
                if (raced.poll() != null) {
                    polled++;
                }
            }
            closer.join();
            poster.join();
            assertThat(polled).isEqualTo(accepted.get() ? 1 : 0);
        }
    }
}
