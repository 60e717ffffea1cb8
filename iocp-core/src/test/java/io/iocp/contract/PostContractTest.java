package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;

/** What is posted to a port, and in which order it comes out. */
class PostContractTest {

    @EachEngine
    @DisplayName("1: poll on an empty port finds no packet, at once")
    void shouldFindNoPacketAtOnceWhenThePortIsEmpty(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThat(port.poll()).isNull();
            assertThat(port.poll(Duration.ZERO)).isNull();
            assertThat(port.queueDepth()).isZero();
        }
    }

    @EachEngine
    @DisplayName("2: what was posted comes out as it went in")
    void shouldBringKeyBytesAndAttachmentAsTheyWerePosted(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Object key = new Object();
            Object attachment = new Object();
            port.post(key, attachment, 42);
            assertThat(port.queueDepth()).isEqualTo(1);
            OverlappedIO packet = port.poll();
            assertThat(port.queueDepth()).isZero();
            assertThat(packet).isNotNull();
            assertThat(packet.kind()).isEqualTo(OperationKind.POST);
            assertThat(packet.key()).isSameAs(key);
            assertThat(packet.attachment()).isSameAs(attachment);
            assertThat(packet.bytesTransferred()).isEqualTo(42);
            assertThat(packet.status()).isEqualTo(Status.OK);
            assertThat(packet.failure()).isNull();
            assertThat(packet.handle()).isNull();
        }
    }

    @EachEngine
    @DisplayName("3: a post without key and attachment is a packet, not a timeout")
    void shouldDeliverAPacketWhenKeyAndAttachmentAreNull(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            port.post(null, null);
            OverlappedIO packet = port.poll();
            assertThat(packet).isNotNull();
            assertThat(packet.key()).isNull();
            assertThat(packet.attachment()).isNull();
            assertThat(packet.bytesTransferred()).isZero();
        }
    }

    @EachEngine
    @DisplayName("4: a posted error status comes through untouched")
    void shouldBringAPostedErrorStatusUntouched(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (Status status : Status.values()) {
                OverlappedIO posted = new OverlappedIO();
                port.post(posted, "key", 7, status);
                assertThat(port.poll()).isSameAs(posted);
                assertThat(posted.status()).isEqualTo(status);
                assertThat(posted.bytesTransferred()).isEqualTo(7);
            }
        }
    }

    @EachEngine
    @DisplayName("5: a byte count of 64 bits survives")
    void shouldKeepAllBitsOfTheByteCount(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (long bytes : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, -1, 1L << 32, 0xdead_beef_cafeL}) {
                port.post("key", null, bytes);
                assertThat(port.take().bytesTransferred()).isEqualTo(bytes);
            }
        }
    }

    @EachEngine
    @DisplayName("6: posts of one thread are taken in their order")
    void shouldDequeueInTheOrderOfThePosts(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (int i = 0; i < 1000; i++) {
                port.post(i, null);
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(port.take().key()).isEqualTo(i);
            }
        }
    }

    @EachEngine
    @DisplayName("6: posts of one thread run in their order on a port with one shard")
    void shouldRunInTheOrderOfThePostsOnOneShard(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (int i = 0; i < 1000; i++) {
                port.post(i, null);
            }
            assertThat(packets.next(1000).stream().map(Packet::key))
                    .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
        }
    }

    @EachEngine
    @DisplayName("7: a batch of two with one packet there returns that one, without waiting")
    void shouldNotWaitForAFullBatch(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            port.post("only", null);
            List<OverlappedIO> sink = new ArrayList<>();
            assertThat(port.poll(sink, 2, PortFixture.DEADLINE)).isEqualTo(1);
            assertThat(sink).extracting(OverlappedIO::key).containsExactly("only");
        }
    }

    @EachEngine
    @DisplayName("8: a batch of two with two packets there returns both in order")
    void shouldReturnABatchInOrder(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            port.post(1, null);
            port.post(2, null);
            port.post(3, null);
            List<OverlappedIO> sink = new ArrayList<>();
            assertThat(port.poll(sink, 2, PortFixture.DEADLINE)).isEqualTo(2);
            assertThat(sink).extracting(OverlappedIO::key).containsExactly(1, 2);
        }
    }

    @EachEngine
    @DisplayName("9: a batch of one with two packets there takes the older, the next call the other")
    void shouldTakeOneByOneInBatchesOfOne(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            port.post(1, null);
            port.post(2, null);
            List<OverlappedIO> sink = new ArrayList<>();
            assertThat(port.poll(sink, 1, PortFixture.DEADLINE)).isEqualTo(1);
            assertThat(sink).extracting(OverlappedIO::key).containsExactly(1);
            assertThat(port.queueDepth()).isEqualTo(1);
            assertThat(port.poll(sink, 1, PortFixture.DEADLINE)).isEqualTo(1);
            assertThat(sink).extracting(OverlappedIO::key).containsExactly(1, 2);
            assertThat(port.poll(sink, 1, Duration.ZERO)).isZero();
        }
    }

    @EachEngine
    @DisplayName("25: a burst of 10,000 posts with one shard and eight workers is run completely")
    void shouldLoseNoWakeUpInABurstOfPosts(TestEngine engine) throws Exception {
        burst(engine, 1);
    }

    @EachEngine
    @DisplayName("25: a burst of 10,000 posts with four shards is run completely")
    void shouldLoseNoWakeUpInABurstOfPostsOverShards(TestEngine engine) throws Exception {
        burst(engine, 4);
    }

    private static void burst(TestEngine engine, int shards) throws Exception {
        int bursts = 10;
        int posts = 10_000;
        AtomicInteger seen = new AtomicInteger();
        Set<Object> keys = ConcurrentHashMap.newKeySet();
        try (PortFixture fixture = new PortFixture(engine)) {
            for (int burst = 0; burst < bursts; burst++) {
                CountDownLatch all = new CountDownLatch(posts / bursts);
                CompletionPort port = fixture.open(fixture.options().concurrency(shards), packet -> {
                    keys.add(packet.attachment());
                    seen.incrementAndGet();
                    all.countDown();
                });
                for (int i = 0; i < posts / bursts; i++) {
                    port.post("burst", burst * posts + i);
                }
                assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
                fixture.end(port);
            }
            assertThat(seen).hasValue(posts);
            assertThat(keys).hasSize(posts);
        }
    }

    @EachEngine
    @DisplayName("25: posts that come one by one, each after the port has fallen asleep, are all run")
    void shouldWakeASleepingPortForEveryPost(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            for (int i = 0; i < 2000; i++) {
                port.post(i, null);
                assertThat(packets.next().key()).isEqualTo(i);
            }
        }
    }

    @EachEngine
    @DisplayName("33: a second port of the process is independent of the first")
    void shouldKeepTwoPortsApart(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort first = fixture.open(fixture.options().name("first"));
            CompletionPort second = fixture.open(fixture.options().name("second"));
            first.post("to the first", null);
            assertThat(second.poll()).isNull();
            fixture.end(first);
            second.post("to the second", null);
            assertThat(second.take().key()).isEqualTo("to the second");
            assertThatThrownBy(() -> first.post("late", null)).isInstanceOf(ClosedPortException.class);
        }
    }

    @EachEngine
    @DisplayName("a packet that waits cannot be posted again, and can once it was taken")
    void shouldRefuseAPacketThatIsInUse(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            OverlappedIO packet = new OverlappedIO("mine");
            port.post(packet, 1, 0, Status.OK);
            assertThatThrownBy(() -> port.post(packet, 2, 0, Status.OK)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(packet::status).isInstanceOf(IllegalStateException.class);
            assertThat(packet.isPending()).isTrue();
            assertThat(port.take()).isSameAs(packet);
            assertThat(packet.isPending()).isFalse();
            assertThat(packet.key()).isEqualTo(1);
            port.post(packet, 3, 0, Status.OK);
            assertThat(port.take().key()).isEqualTo(3);
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    @DisplayName("a handler may post its own packet again, ten thousand times")
    void shouldPostAgainFromTheHandler(TestEngine engine) throws Exception {
        CountDownLatch rounds = new CountDownLatch(10_000);
        CompletionPort[] self = new CompletionPort[1];
        try (PortFixture fixture = new PortFixture(engine)) {
            self[0] = fixture.open(packet -> {
                rounds.countDown();
                if (rounds.getCount() > 0) {
                    self[0].post(packet, packet.key(), packet.bytesTransferred() + 1, Status.OK);
                }
            });
            self[0].post(new OverlappedIO(), "round", 0, Status.OK);
            assertThat(rounds.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @EachEngine
    @DisplayName("a post beyond the bound is refused and its packet is free again")
    void shouldRefuseAPostBeyondTheBound(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().maxPosts(2))) {
            OverlappedIO third = new OverlappedIO();
            port.post(1, null);
            port.post(2, null);
            assertThatThrownBy(() -> port.post(third, 3, 0, Status.OK))
                    .isInstanceOf(TooManyOperationsException.class)
                    .hasMessageContaining("maxPosts");
            assertThat(third.isPending()).isFalse();
            assertThat(port.take().key()).isEqualTo(1);
            port.post(third, 3, 0, Status.OK);
            assertThat(port.take().key()).isEqualTo(2);
            assertThat(port.take().key()).isEqualTo(3);
        }
    }

    @EachEngine
    @DisplayName("posts of eight threads at once all come, each thread's in its order")
    void shouldKeepTheOrderOfEachPostingThread(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            int threads = 8;
            int each = 2000;
            List<Thread> posters = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                posters.add(Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < each; i++) {
                        port.post(thread, null, i);
                    }
                }));
            }
            long[] next = new long[threads];
            for (int i = 0; i < threads * each; i++) {
                OverlappedIO packet = port.poll(PortFixture.DEADLINE);
                assertThat(packet).isNotNull();
                int thread = (Integer) packet.key();
                assertThat(packet.bytesTransferred()).isEqualTo(next[thread]++);
            }
            for (Thread poster : posters) {
                poster.join();
            }
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    @DisplayName("a post that returned is delivered, however it races with the shutdown of the port")
    void shouldDeliverEveryPostThatWasAcceptedBeforeTheEnd(TestEngine engine) throws Exception {
        for (int round = 0; round < 150; round++) {
            Set<Object> delivered = ConcurrentHashMap.newKeySet();
            Set<Object> accepted = new HashSet<>();
            try (PortFixture fixture = new PortFixture(engine)) {
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(2), packet -> delivered.add(packet.attachment()));
                CountDownLatch posting = new CountDownLatch(1);
                Thread poster = Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; ; i++) {
                            port.post("race", i);
                            accepted.add(i);
                            posting.countDown();
                        }
                    } catch (ClosedPortException closed) {
                        posting.countDown(); // the loop's end
                    }
                });
                posting.await();
                fixture.end(port);
                poster.join();
            }
            assertThat(delivered).as("round %d", round).isEqualTo(accepted);
        }
    }

    @EachEngine
    @DisplayName("a listener is told how long a post waited, and how long its handler took")
    void shouldTellHowLongAPostWaited(TestEngine engine) throws Exception {
        record Handled(Object key, long waitNanos, long handlerNanos) {}
        BlockingQueue<Handled> handled = new LinkedBlockingQueue<>();
        PortListener listener = new PortListener() {
            @Override
            public void handled(
                    CompletionHandler handler,
                    OperationKind kind,
                    Status status,
                    Object key,
                    long waitNanos,
                    long handlerNanos) {
                handled.add(new Handled(key, waitNanos, handlerNanos));
            }
        };
        long busyNanos = 5_000_000;
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().listener(listener), packet -> {
                if (packet.attachment() instanceof CompletionPort same) {
                    same.post("second", null);
                    long end = System.nanoTime() + busyNanos;
                    while (System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                }
            });
            port.post("first", port);
            Handled first = handled.poll(20, TimeUnit.SECONDS);
            Handled second = handled.poll(20, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            assertThat(second).isNotNull();
            assertThat(first.key()).isEqualTo("first");
            assertThat(first.handlerNanos()).isGreaterThanOrEqualTo(busyNanos);
            assertThat(second.key()).isEqualTo("second");
            assertThat(second.waitNanos()).isGreaterThanOrEqualTo(busyNanos);
        }
    }
}
