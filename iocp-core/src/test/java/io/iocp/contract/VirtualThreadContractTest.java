package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Virtual threads as users of a port: they start operations and end, post, poll and take. */
class VirtualThreadContractTest {

    private static Object next(BlockingQueue<?> queue) throws InterruptedException {
        Object item = queue.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        assertThat(item).as("in time").isNotNull();
        return item;
    }

    @EachEngine
    @DisplayName("73: what threads have started that have ended at once, half of them virtual, loses nothing")
    void shouldCompleteWhatThreadsStartedThatEndedAtOnce(TestEngine engine) throws Exception {
        int count = 100;
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            List<Link> links = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                links.add(fixture.link(port, i));
            }
            List<Thread> starters = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Link link = links.get(i);
                Thread.Builder kind = i % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
                starters.add(kind.start(
                        () -> ReceiveContractTest.start(() -> link.connection().receive(new OverlappedIO()))));
            }
            for (Thread starter : starters) {
                starter.join();
            }
            for (int i = 0; i < count; i++) {
                links.get(i).peerSends("to " + i);
            }
            packets.awaitThat(all -> all.size() == count);
            assertThat(packets.all()).allSatisfy(packet -> {
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.text()).isEqualTo("to " + packet.key());
            });
            assertThat(packets.all().stream().map(Packet::key).distinct()).hasSize(count);
        }
    }

    @EachEngine
    @DisplayName("a thousand virtual threads post at once: every packet runs once")
    void shouldRunWhatManyVirtualThreadsPost(TestEngine engine) throws Exception {
        int threads = 1000;
        int each = 20;
        int[] seen = new int[threads * each];
        CountDownLatch all = new CountDownLatch(seen.length);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packet -> {
                    synchronized (seen) {
                        seen[(int) packet.bytesTransferred()]++;
                    }
                    all.countDown();
                })) {
            for (int t = 0; t < threads; t++) {
                int first = t * each;
                Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < each; i++) {
                        port.post("many", null, first + i);
                    }
                });
            }
            assertThat(all.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
        assertThat(seen).containsOnly(1);
    }

    @EachEngine
    @DisplayName("virtual threads take the packets of a port, never more at once than its value")
    void shouldLetVirtualThreadsTake(TestEngine engine) throws Exception {
        int takers = 50;
        int posts = 5000;
        BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2))) {
            for (int i = 0; i < takers; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        while (true) {
                            OverlappedIO packet = port.take();
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            Object key = packet.key();
                            running.decrementAndGet();
                            taken.add(String.valueOf(key));
                        }
                    } catch (ClosedPortException expected) {
                        taken.add("closed");
                    } catch (InterruptedException failure) {
                        taken.add(failure);
                    }
                }));
            }
            for (int i = 0; i < posts; i++) {
                port.post(i, null);
            }
            Set<Object> keys = new HashSet<>();
            for (int i = 0; i < posts; i++) {
                keys.add(next(taken));
            }
            assertThat(keys).hasSize(posts).doesNotContain("closed");
            assertThat(most).hasValueLessThanOrEqualTo(2);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(taken).hasSize(takers).containsOnly("closed");
    }

    @EachEngine
    @DisplayName("a virtual thread polls, waits for a time, and takes a batch")
    void shouldLetAVirtualThreadPoll(TestEngine engine) throws Exception {
        BlockingQueue<Object> results = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            CountDownLatch posted = new CountDownLatch(1);
            Thread poller = Thread.ofVirtual().start(() -> {
                try {
                    results.add(keyOf(port.poll()));
                    results.add(keyOf(port.poll(Duration.ofMillis(1))));
                    posted.await();
                    results.add(keyOf(port.poll()));
                    List<OverlappedIO> batch = new ArrayList<>();
                    results.add(port.poll(batch, 5, PortFixture.DEADLINE));
                } catch (InterruptedException failure) {
                    results.add(failure);
                }
            });
            assertThat(next(results)).isEqualTo("nothing");
            assertThat(next(results)).isEqualTo("nothing");
            for (int i = 0; i < 3; i++) {
                port.post(i, null);
            }
            posted.countDown();
            assertThat(next(results)).isEqualTo(0);
            assertThat(next(results)).isEqualTo(2);
            poller.join();
        }
    }

    private static Object keyOf(@Nullable OverlappedIO packet) {
        Object key = packet == null ? null : packet.key();
        return key == null ? "nothing" : key;
    }

    @EachEngine
    @DisplayName("23: a virtual thread that ends while it has a packet makes room")
    void shouldFreeThePlaceOfAVirtualThreadThatEnds(TestEngine engine) throws Exception {
        BlockingQueue<Object> taken = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (int i = 0; i < 5; i++) {
                port.post(i, null);
                Thread ends = Thread.ofVirtual().start(() -> {
                    try {
                        taken.add(String.valueOf(port.take().key()));
                    } catch (InterruptedException failure) {
                        taken.add(failure);
                    }
                });
                assertThat(next(taken)).isEqualTo(String.valueOf(i));
                ends.join();
            }
        }
    }

    @EachEngine
    @DisplayName("12: an interrupt ends the take of a virtual thread, and a later packet is not lost")
    void shouldLoseNoPacketToAnInterruptedVirtualThread(TestEngine engine) throws Exception {
        BlockingQueue<Object> ended = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Thread taker = Thread.ofVirtual().start(() -> {
                try {
                    ended.add(String.valueOf(port.take().key()));
                } catch (InterruptedException expected) {
                    ended.add(expected);
                }
            });
            taker.interrupt();
            assertThat(next(ended)).isInstanceOf(InterruptedException.class);
            port.post("later", null);
            assertThat(port.take().key()).isEqualTo("later");
        }
    }
}
