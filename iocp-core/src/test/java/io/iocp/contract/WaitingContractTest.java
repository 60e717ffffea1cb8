package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.ClosedPortException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** Threads that wait for packets of a port without a handler. */
class WaitingContractTest {

    /** A thread that takes packets until its port is closed; what it took, and how it ended, can be waited for. */
    private static final class Taker {
        final BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
        final Thread thread;

        Taker(CompletionPort port, int packets) {
            thread = Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int i = 0; i < packets; i++) {
                        taken.add(port.take().key());
                    }
                } catch (ClosedPortException | InterruptedException end) {
                    taken.add(end);
                }
            });
        }

        Taker awaitParked() {
            await().atMost(PortFixture.DEADLINE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> thread.getState() == Thread.State.WAITING);
            return this;
        }

        Object next() throws InterruptedException {
            return taken.poll(20, TimeUnit.SECONDS);
        }
    }

    @EachEngine
    @DisplayName("10: a batch on an empty port ends after its time with nothing")
    void shouldReturnNoBatchAfterTheTimeout(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            long begin = System.nanoTime();
            List<OverlappedIO> sink = new ArrayList<>();
            assertThat(port.poll(sink, 8, Duration.ofMillis(50))).isZero();
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(50_000_000);
            assertThat(sink).isEmpty();
            assertThat(port.poll(Duration.ofMillis(10))).isNull();
        }
    }

    @EachEngine
    @DisplayName("11: a take without an end is released by a post of another thread")
    void shouldReleaseATakeByAPostOfAnotherThread(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Taker taker = new Taker(port, 1).awaitParked();
            port.post("released", null);
            assertThat(taker.next()).isEqualTo("released");
        }
    }

    @EachEngine
    @DisplayName("11: a take of a virtual thread is released too")
    void shouldReleaseATakeOfAVirtualThread(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
            Thread thread = Thread.ofVirtual().start(() -> {
                try {
                    taken.add(port.take().key());
                } catch (InterruptedException e) {
                    taken.add(e);
                }
            });
            port.post("released", null);
            assertThat(taken.poll(20, TimeUnit.SECONDS)).isEqualTo("released");
            thread.join();
        }
    }

    @EachEngine
    @DisplayName("12: an interrupt ends a take, and a later packet is not lost")
    void shouldLoseNoPacketToAnInterruptedTake(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Taker taker = new Taker(port, 1).awaitParked();
            taker.thread.interrupt();
            assertThat(taker.next()).isInstanceOf(InterruptedException.class);
            port.post("later", null);
            assertThat(port.take().key()).isEqualTo("later");
        }
    }

    @EachEngine
    @DisplayName("12: interrupts that race with posts lose no packet")
    void shouldLoseNoPacketWhenInterruptsRaceWithPosts(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            int posts = 3000;
            BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger interrupts = new AtomicInteger();
            Thread taker = Thread.ofPlatform().start(() -> {
                while (!done.get()) {
                    try {
                        taken.add(port.take().key());
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    } catch (ClosedPortException e) {
                        return;
                    }
                }
            });
            for (int i = 0; i < posts; i++) {
                port.post(i, null);
                taker.interrupt();
            }
            for (int i = 0; i < posts; i++) {
                assertThat(taken.poll(20, TimeUnit.SECONDS)).isEqualTo(i);
            }
            done.set(true);
            fixture.end(port);
            taker.join();
        }
    }

    @EachEngine
    @DisplayName("13: the thread that came last gets the first packet")
    void shouldReleaseTheLastWaiterFirst(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Taker first = new Taker(port, 1).awaitParked();
            Taker last = new Taker(port, 1).awaitParked();
            port.post(3, null);
            port.post(4, null);
            port.post(5, null);
            assertThat(last.next()).isEqualTo(3);
            assertThat(first.next()).isEqualTo(4);
            assertThat(port.take().key()).isEqualTo(5);
        }
    }

    @EachEngine
    @DisplayName("14 and 27: one post wakes one of eight waiters; the close ends the other seven")
    void shouldWakeExactlyOneWaiterForOnePost(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open();
            List<Taker> takers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                takers.add(new Taker(port, 1).awaitParked());
            }
            port.post("one", null);
            assertThat(takers.getLast().next()).isEqualTo("one");
            fixture.end(port);
            for (Taker taker : takers.subList(0, 7)) {
                assertThat(taker.next()).isInstanceOf(ClosedPortException.class);
                taker.thread.join();
                assertThat(taker.taken).isEmpty();
            }
        }
    }

    @EachEngine
    @DisplayName("14: one post wakes one of eight sleeping workers")
    void shouldWakeExactlyOneWorkerForOnePost(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(8), packets)) {
            await().atMost(PortFixture.DEADLINE)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> port.stats().workers().get("sleeping") == 8);
            port.post("one", null);
            packets.next();
            await().atMost(PortFixture.DEADLINE)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> port.stats().workers().get("sleeping") == 8);
            assertThat(packets.size()).isEqualTo(1);
        }
    }

    @EachEngine
    @DisplayName("28: a take after the close is refused")
    void shouldRefuseATakeAfterTheClose(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open();
            fixture.end(port);
            assertThatThrownBy(port::take).isInstanceOf(ClosedPortException.class);
            assertThatThrownBy(port::poll).isInstanceOf(ClosedPortException.class);
            assertThatThrownBy(() -> port.post(null, null)).isInstanceOf(ClosedPortException.class);
        }
    }

    @EachEngine
    @DisplayName("a port with a handler lets nobody take its packets")
    void shouldRefuseATakeFromAPortWithAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(new Packets())) {
            assertThatThrownBy(port::poll)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("handler");
        }
    }

    @EachEngine
    @DisplayName("a wait that is longer than a clock can count is a wait without an end")
    void shouldWaitForeverWhenTheTimeoutIsForever(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Thread poster = Thread.ofVirtual().start(() -> port.post("came", null));
            OverlappedIO packet = port.poll(Duration.ofSeconds(Long.MAX_VALUE));
            assertThat(packet).isNotNull();
            poster.join();
        }
    }
}
