package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PacketQueueTest {
    private final List<Operation> dropped = new ArrayList<>();
    private final PacketQueue queue = new PacketQueue("test", 8, dropped::add);

    private static Post packet() {
        Post post = new Post(new Object());
        post.begin(null);
        post.complete();
        return post;
    }

    @Test
    void shouldLeaveInTheOrderOfArrival() throws Exception {
        Operation first = packet();
        Operation second = packet();
        queue.enqueue(first);
        queue.enqueue(second);
        assertThat(queue.size()).isEqualTo(2);
        assertThat(first.isPending()).isTrue();
        assertThat(queue.take(0)).isSameAs(first);
        assertThat(first.isPending()).isFalse();
        assertThat(queue.take(-1)).isSameAs(second);
        assertThat(queue.take(0)).isNull();
        assertThat(queue.take(1)).isNull();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void shouldDrainAtMostWhatIsAskedFor() {
        List<Operation> packets = List.of(packet(), packet(), packet());
        packets.forEach(queue::enqueue);
        List<Operation> sink = new ArrayList<>();
        assertThat(queue.drain(sink, 0)).isZero();
        assertThat(queue.drain(sink, 2)).isEqualTo(2);
        assertThat(queue.drain(sink, 2)).isEqualTo(1);
        assertThat(queue.drain(sink, 2)).isZero();
        assertThat(sink).isEqualTo(packets);
    }

    @Test
    void shouldGiveWhatNobodyTookBackWhenClosed() {
        Operation left = packet();
        queue.enqueue(left);
        queue.close();
        Operation late = packet();
        queue.enqueue(late);
        assertThat(dropped).containsExactly(left, late);
        assertThat(dropped).allMatch(p -> p.status == Status.PORT_CLOSED && !p.isPending());
        assertThatThrownBy(() -> queue.take(0)).isInstanceOf(ClosedPortException.class);
        assertThatThrownBy(() -> queue.take(-1)).isInstanceOf(ClosedPortException.class);
        queue.close();
        assertThat(dropped).hasSize(2);
    }

    @Test
    void shouldNotWaitWhenInterruptedBefore() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> queue.take(-1)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void shouldTakeAPacketThatIsThereEvenWhenInterrupted() throws Exception {
        Operation packet = packet();
        queue.enqueue(packet);
        Thread.currentThread().interrupt();
        assertThat(queue.take(-1)).isSameAs(packet);
        assertThat(Thread.interrupted()).as("kept for the next wait").isTrue();
    }

    @Test
    void shouldWaitUntilEmptyOrLate() throws Exception {
        queue.awaitEmpty(System.nanoTime());
        queue.enqueue(packet());
        queue.awaitEmpty(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(5));
        assertThat(queue.size()).isEqualTo(1);
        Thread taker = Thread.ofVirtual().start(() -> queue.drain(new ArrayList<>(), 1));
        queue.awaitEmpty(System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
        assertThat(queue.size()).isZero();
        taker.join();
    }

    @Test
    void shouldKeepTheInterruptOfAWaiterThatTheCloseEnds() throws Exception {
        AtomicBoolean kept = new AtomicBoolean();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                queue.take(-1);
            } catch (ClosedPortException closed) {
                kept.set(Thread.currentThread().isInterrupted());
            } catch (InterruptedException e) {
                throw new AssertionError("the close came first", e);
            }
        });
        await().until(() -> waiter.getState() == Thread.State.WAITING);
        synchronized (queue) {
            // Awake by the interrupt, it waits for the lock, and finds the queue closed when it gets it.
            waiter.interrupt();
            await().until(() -> waiter.getState() == Thread.State.BLOCKED);
            queue.close();
        }
        waiter.join();
        assertThat(kept).isTrue();
    }
}
