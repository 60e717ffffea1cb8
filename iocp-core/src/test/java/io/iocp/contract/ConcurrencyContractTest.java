package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.TestEngine;
import io.iocp.operation.ClosedPortException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;

/** The concurrency value on a port whose packets are taken by threads of the user's own. */
class ConcurrencyContractTest {

    /** What a thread does with a packet. */
    @FunctionalInterface
    private interface Work {
        void on(OverlappedIO packet) throws Exception;
    }

    private static Thread taker(CompletionPort port, Work work) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    work.on(port.take());
                }
            } catch (ClosedPortException end) {
                // The test is over.
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
    }

    /** Busy until told, so that the thread does not sleep. */
    private static void spinUntil(AtomicBoolean end) {
        while (!end.get()) {
            Thread.onSpinWait();
        }
    }

    private static void spinNanos(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private static Object next(BlockingQueue<?> queue) throws InterruptedException {
        Object item = queue.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        assertThat(item).as("in time").isNotNull();
        return item;
    }

    private static int mostAtOnce(PortFixture fixture, int concurrency) throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(100);
        try (CompletionPort port = fixture.open(fixture.options().concurrency(concurrency))) {
            for (int i = 0; i < 4; i++) {
                taker(port, packet -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    long deadline = System.nanoTime() + PortFixture.DEADLINE.toNanos();
                    // The first ones stay until there are as many as there may be: fewer would be wrong too.
                    while (most.get() < concurrency && System.nanoTime() < deadline) {
                        Thread.onSpinWait();
                    }
                    spinNanos(1_000_000);
                    running.decrementAndGet();
                    done.countDown();
                });
            }
            for (int i = 0; i < 100; i++) {
                port.post(i, null);
            }
            assertThat(done.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
        return most.get();
    }

    @EachEngine
    @DisplayName("16: with a value of 1 four threads never have two packets at once")
    void shouldRunOneAtATime(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            assertThat(mostAtOnce(fixture, 1)).isEqualTo(1);
        }
    }

    @EachEngine
    @DisplayName("17: with a value of 2 four threads have two packets at once, and never three")
    void shouldRunTwoAtATime(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            assertThat(mostAtOnce(fixture, 2)).isEqualTo(2);
        }
    }

    @EachEngine
    @DisplayName("18: a value of 0 is the number of processors")
    void shouldTakeTheNumberOfProcessorsForZero(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(0).maxWorkers(0))) {
            assertThat(port.stats().shards()).hasSize(Runtime.getRuntime().availableProcessors());
        }
    }

    @EachEngine
    @DisplayName("15: a thread that comes back under load takes the next packet, and nobody else is released")
    void shouldGiveTheNextPacketToTheThreadThatComesBack(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Set<Thread> took = ConcurrentHashMap.newKeySet();
            CountDownLatch done = new CountDownLatch(50);
            AtomicBoolean go = new AtomicBoolean();
            for (int i = 0; i < 3; i++) {
                taker(port, packet -> {
                    spinUntil(go);
                    took.add(Thread.currentThread());
                    done.countDown();
                });
            }
            for (int i = 0; i < 50; i++) {
                port.post(i, null);
            }
            go.set(true);
            assertThat(done.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(took).hasSize(1);
        }
    }

    @EachEngine
    @DisplayName("19 and 20: blocking() lets the next packet go at once; the thread that comes back first then waits")
    void shouldReleaseAnotherThreadWhileOneBlocks(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            BlockingQueue<Object> began = new LinkedBlockingQueue<>();
            BlockingQueue<Object> ended = new LinkedBlockingQueue<>();
            CountDownLatch wakeFirst = new CountDownLatch(1);
            AtomicBoolean resumed = new AtomicBoolean();
            AtomicBoolean endSecond = new AtomicBoolean();
            AtomicBoolean endFirst = new AtomicBoolean();
            for (int i = 0; i < 3; i++) {
                taker(port, packet -> {
                    began.add(packet.key());
                    switch ((String) packet.key()) {
                        case "first" -> {
                            port.blocking(() -> wakeFirst.await(20, TimeUnit.SECONDS));
                            resumed.set(true);
                            spinUntil(endFirst);
                        }
                        case "second" -> spinUntil(endSecond);
                        default -> {}
                    }
                    ended.add(packet.key());
                });
            }
            port.post("first", null);
            assertThat(next(began)).isEqualTo("first");
            port.post("second", null);
            assertThat(next(began)).isEqualTo("second");
            wakeFirst.countDown();
            await().atMost(PortFixture.DEADLINE).untilTrue(resumed);
            port.post("third", null);
            // Two run now, one more than the value. Whoever comes back first must wait although a packet does.
            endSecond.set(true);
            assertThat(next(ended)).isEqualTo("second");
            assertThat(began.poll(50, TimeUnit.MILLISECONDS)).isNull();
            endFirst.set(true);
            assertThat(next(ended)).isEqualTo("first");
            assertThat(next(began)).isEqualTo("third");
        }
    }

    @EachEngine
    @DisplayName("21: a thread that sleeps without saying so is found out")
    void shouldFindOutAThreadThatSleeps(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            BlockingQueue<Object> began = new LinkedBlockingQueue<>();
            CountDownLatch wake = new CountDownLatch(1);
            for (int i = 0; i < 2; i++) {
                taker(port, packet -> {
                    began.add(packet.key());
                    if ("sleeper".equals(packet.key())) {
                        wake.await(20, TimeUnit.SECONDS);
                    }
                });
            }
            port.post("sleeper", null);
            port.post("other", null);
            assertThat(next(began)).isEqualTo("sleeper");
            assertThat(next(began)).isEqualTo("other");
            wake.countDown();
        }
    }

    @EachEngine
    @DisplayName("22: a thread whose wait ended without a packet counts until it comes back")
    void shouldCountAThreadThatTimedOut(TestEngine engine) throws Exception {
        countsUntilItComesBack(engine, "timed out", (port, events) -> {
            assertThat(port.poll()).isNull();
            events.add("timed out");
        });
    }

    @EachEngine
    @DisplayName("12 and 22: a thread whose wait was interrupted runs, and counts until it comes back")
    void shouldCountAThreadThatWasInterrupted(TestEngine engine) throws Exception {
        countsUntilItComesBack(engine, "interrupted", (port, events) -> {
            Thread waiting = Thread.currentThread();
            Thread.ofPlatform().daemon().start(() -> {
                await().atMost(PortFixture.DEADLINE).until(() -> waiting.getState() == Thread.State.WAITING);
                waiting.interrupt();
            });
            try {
                events.add(port.take());
            } catch (InterruptedException expected) {
                events.add("interrupted");
            }
        });
    }

    private static void countsUntilItComesBack(
            TestEngine engine, String event, BiConsumer<CompletionPort, BlockingQueue<Object>> wait) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            AtomicBoolean end = new AtomicBoolean();
            BlockingQueue<Object> events = new LinkedBlockingQueue<>();
            Thread.ofPlatform().daemon().start(() -> {
                wait.accept(port, events);
                spinUntil(end);
                OverlappedIO mine = port.poll();
                events.add(mine == null ? "nothing" : String.valueOf(mine.key()));
            });
            assertThat(next(events)).isEqualTo(event);
            taker(port, packet -> events.add("taker"));
            port.post("packet", null);
            // The first runs and counts, so the one that waits does not get the packet; by coming back the first makes
            // room.
            assertThat(events.poll(50, TimeUnit.MILLISECONDS)).isNull();
            end.set(true);
            assertThat(next(events)).isEqualTo("packet");
        }
    }

    @EachEngine
    @DisplayName("23: a thread that ends while it has a packet makes room")
    void shouldFreeThePlaceOfAThreadThatEnds(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
            Thread ends = Thread.ofPlatform().daemon().start(() -> {
                try {
                    taken.add(port.take().key());
                } catch (InterruptedException e) {
                    taken.add(e);
                }
            });
            port.post("last of the first", null);
            assertThat(next(taken)).isEqualTo("last of the first");
            ends.join();
            taker(port, packet -> taken.add(packet.key()));
            port.post("first of the next", null);
            assertThat(next(taken)).isEqualTo("first of the next");
        }
    }

    @EachEngine
    @DisplayName("24: a thread that goes over to another port makes room at the first")
    void shouldReleaseAWaiterWhenAThreadLeavesForAnotherPort(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort one = fixture.open();
                CompletionPort other = fixture.open()) {
            BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
            AtomicBoolean leave = new AtomicBoolean();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    taken.add(one.take().key());
                    spinUntil(leave);
                    taken.add(other.take().key());
                } catch (ClosedPortException | InterruptedException e) {
                    taken.add(e);
                }
            });
            one.post("to the one that leaves", null);
            assertThat(next(taken)).isEqualTo("to the one that leaves");
            taker(one, packet -> taken.add(packet.key()));
            one.post("to the one that stays", null);
            assertThat(taken.poll(50, TimeUnit.MILLISECONDS)).isNull();
            leave.set(true);
            assertThat(next(taken)).isEqualTo("to the one that stays");
            other.post("elsewhere", null);
            assertThat(next(taken)).isEqualTo("elsewhere");
        }
    }

    @EachEngine
    @DisplayName("26: when all have come back and wait, none counts: as many packets as the value run at once")
    void shouldCountNobodyWhenAllWait(TestEngine engine) throws Exception {
        PortOptions options;
        try (PortFixture fixture = new PortFixture(engine)) {
            options = fixture.options().concurrency(2);
            try (CompletionPort port = fixture.open(options)) {
                AtomicInteger running = new AtomicInteger();
                AtomicBoolean end = new AtomicBoolean();
                List<Thread> threads = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    threads.add(taker(port, packet -> {
                        running.incrementAndGet();
                        if ("spin".equals(packet.key())) {
                            spinUntil(end);
                        }
                        running.decrementAndGet();
                    }));
                }
                for (int i = 0; i < 1000; i++) {
                    port.post(i, null);
                }
                await().atMost(PortFixture.DEADLINE)
                        .until(() -> port.queueDepth() == 0
                                && threads.stream().allMatch(t -> t.getState() == Thread.State.WAITING));
                port.post("spin", null);
                port.post("spin", null);
                await().atMost(PortFixture.DEADLINE).until(() -> running.get() == 2);
                end.set(true);
            }
        }
    }

    @EachEngine
    @DisplayName("blocking() is for threads that have taken from the port")
    void shouldRefuseBlockingOfAStranger(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThatThrownBy(() -> port.blocking(() -> "never")).isInstanceOf(IllegalStateException.class);
        }
    }
}
