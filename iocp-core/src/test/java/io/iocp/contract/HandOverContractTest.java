package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.BlockingDetection;
import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.HandOver;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.PortOptions;
import io.iocp.TestEngine;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Handlers that keep their worker without saying so: their shard goes to another. */
class HandOverContractTest {
    private static final int RECEIVE_BYTES = 64;

    /** Writes down what it is told. */
    private static final class Told implements PortListener {
        final BlockingQueue<HandOver> handOvers = new LinkedBlockingQueue<>();
        final BlockingQueue<String> learned = new LinkedBlockingQueue<>();
        final BlockingQueue<Integer> allBlocked = new LinkedBlockingQueue<>();

        @Override
        public void handedOver(HandOver handOver) {
            handOvers.add(handOver);
        }

        @Override
        public void learnedBlocking(String handler) {
            learned.add(handler);
        }

        @Override
        public void allWorkersBlocked(int workers) {
            allBlocked.add(workers);
        }

        HandOver nextHandOver() throws InterruptedException {
            return soon(handOvers);
        }
    }

    private static <T> T soon(BlockingQueue<T> queue) throws InterruptedException {
        T item = queue.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        assertThat(item).as("what was waited for").isNotNull();
        return Objects.requireNonNull(item);
    }

    /** Echoes what it continuously receives; a message that begins with 'b' is held until the gate lets it go. */
    private static final class Echo implements CompletionHandler {
        final Semaphore gate = new Semaphore(0);
        final Semaphore entered = new Semaphore(0);
        final Map<Object, AtomicBoolean> running = new ConcurrentHashMap<>();
        final Queue<String> faults = new ConcurrentLinkedQueue<>();

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (packet.kind() != OperationKind.RECEIVE || packet.status() != Status.OK) {
                return;
            }
            Object key = String.valueOf(packet.key());
            if (running.computeIfAbsent(key, _ -> new AtomicBoolean()).getAndSet(true)) {
                faults.add("two packets of " + key + " at once");
            }
            byte[] bytes = new byte[packet.data().remaining()];
            packet.data().get(bytes);
            if (bytes[0] == 'b') {
                entered.release();
                if (!gate.tryAcquire(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                    faults.add("nobody opened the gate for " + key);
                }
            }
            ((Connection) Objects.requireNonNull(packet.handle())).send(new OverlappedIO(), ByteBuffer.wrap(bytes));
            running.get(key).set(false);
        }

        void awaitEntered(int count) throws InterruptedException {
            assertThat(entered.tryAcquire(count, PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .as("handlers that wait at the gate")
                    .isTrue();
        }
    }

    private static Link echoing(PortFixture fixture, CompletionPort port, String key) throws Exception {
        Link link = fixture.link(port, key);
        link.connection().receiveContinuously(new OverlappedIO());
        return link;
    }

    private static void echoes(Link link, String text) throws IOException {
        link.peerSends(text);
        assertThat(link.peerReadsText(text.length())).isEqualTo(text);
    }

    private static PortOptions options(PortFixture fixture, Told told, BlockingDetection detection) {
        return fixture.options().listener(told).blockingDetection(detection);
    }

    @EachEngine
    @DisplayName(
            "21: a handler that sleeps without saying so loses its shard, and its connection's packets wait for it")
    void shouldGoOnWithTheOthersWhenAHandlerSleeps(TestEngine engine) throws Exception {
        Echo echo = new Echo();
        Told told = new Told();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(options(fixture, told, BlockingDetection.HAND_OVER), echo)) {
            Link sleeping = echoing(fixture, port, "sleeping");
            Link other = echoing(fixture, port, "other");
            for (int round = 1; round <= 5; round++) {
                sleeping.peerSends("b");
                echo.awaitEntered(1);
                sleeping.peerSends("and more");
                for (int i = 0; i < 20; i++) {
                    echoes(other, "message " + i);
                }
                HandOver handOver = told.nextHandOver();
                assertThat(handOver.cause()).isEqualTo(HandOverCause.ASLEEP);
                assertThat(handOver.handler()).isEqualTo(Echo.class.getName());
                assertThat(port.stats().workers().get("blocked")).isEqualTo(1);
                assertThat(sleeping.peer().input().available())
                        .as("bytes that overtook the handler")
                        .isZero();
                echo.gate.release();
                assertThat(sleeping.peerReadsText(9)).isEqualTo("band more");
            }
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> port.stats().workers().get("blocked") == 0);
            assertThat(port.stats().handOvers()).isEqualTo(5);
            assertThat(echo.faults).isEmpty();
        }
    }

    @EachEngine
    @DisplayName("a blocking call that only the kernel knows of is found too")
    void shouldFindABlockingNativeCall(TestEngine engine) throws Exception {
        Told told = new Told();
        try (PortFixture fixture = new PortFixture(engine);
                ServerSocket gate = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletionHandler handler = packet -> {
                if ("native".equals(packet.attachment())) {
                    gate.accept().close();
                }
            };
            CompletionPort port = fixture.open(options(fixture, told, BlockingDetection.HAND_OVER), handler);
            port.post("key", "native");
            assertThat(told.nextHandOver().cause()).isEqualTo(HandOverCause.ASLEEP);
            new Socket(gate.getInetAddress(), gate.getLocalPort()).close();
        }
    }

    @EachEngine
    @DisplayName("with detection off the shard stays with its handler")
    void shouldKeepTheShardWhenNotToldToLook(TestEngine engine) throws Exception {
        Semaphore gate = new Semaphore(0);
        Semaphore entered = new Semaphore(0);
        Told told = new Told();
        List<Object> order = new ArrayList<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(options(fixture, told, BlockingDetection.OFF), packet -> {
                    if (packet.attachment() instanceof Integer one && one == 0) {
                        entered.release();
                        gate.acquire();
                    }
                    order.add(packet.attachment());
                    entered.release();
                })) {
            port.post("key", 0);
            entered.acquire();
            port.post("key", 1);
            // Ten times what the monitor would need, on the thread that would be it.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            assertThat(told.handOvers).isEmpty();
            gate.release();
            entered.acquire(2);
            assertThat(order).containsExactly(0, 1);
        }
    }

    @EachEngine
    @DisplayName("19: blocking(..) in a handler gives the shard away at once, also with detection off")
    void shouldGiveTheShardAwayWhenTheHandlerSaysSo(TestEngine engine) throws Exception {
        Semaphore gate = new Semaphore(0);
        Told told = new Told();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        CompletionPort[] self = new CompletionPort[1];
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(options(fixture, told, BlockingDetection.OFF), packet -> {
                if ("blocks".equals(packet.attachment())) {
                    seen.add("before");
                    boolean open = self[0].blocking(() -> gate.tryAcquire(20, TimeUnit.SECONDS));
                    seen.add(open ? "after" : "nobody opened the gate");
                    // What a handler without its shard starts goes on as ever.
                    self[0].post("key", "from the handler");
                } else {
                    seen.add(String.valueOf(packet.attachment()));
                }
            });
            self[0] = port;
            port.post("key", "blocks");
            assertThat(soon(seen)).isEqualTo("before");
            port.post("key", "other");
            assertThat(soon(seen)).isEqualTo("other");
            assertThat(told.nextHandOver().cause()).isEqualTo(HandOverCause.ANNOUNCED);
            gate.release();
            assertThat(soon(seen)).isEqualTo("after");
            assertThat(soon(seen)).isEqualTo("from the handler");
            assertThatThrownBy(() -> port.blocking(() -> 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @EachEngine
    @DisplayName("126: one shard, two workers: both block in handlers and return, and everything goes on")
    void shouldResumeWhenAllWorkersWereBlocked(TestEngine engine) throws Exception {
        Echo echo = new Echo();
        Told told = new Told();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(
                        options(fixture, told, BlockingDetection.HAND_OVER).maxWorkers(2), echo)) {
            Link first = echoing(fixture, port, "first");
            Link second = echoing(fixture, port, "second");
            Link third = echoing(fixture, port, "third");
            for (int round = 1; round <= 3; round++) {
                first.peerSends("b");
                echo.awaitEntered(1);
                told.nextHandOver();
                second.peerSends("b");
                echo.awaitEntered(1);
                third.peerSends("hello");
                assertThat(soon(told.allBlocked))
                        .as("workers, all of them blocked")
                        .isEqualTo(2);
                assertThat(port.stats().workers().get("blocked")).isEqualTo(2);
                assertThat(port.stats().workers().get("running")).isZero();
                assertThat(port.stats().allBlocked()).isGreaterThanOrEqualTo(round);
                echo.gate.release(2);
                assertThat(first.peerReadsText(1)).isEqualTo("b");
                assertThat(second.peerReadsText(1)).isEqualTo("b");
                assertThat(third.peerReadsText(5)).isEqualTo("hello");
                for (Link link : List.of(first, second, third)) {
                    echoes(link, "again");
                }
                told.handOvers.clear();
            }
            assertThat(echo.faults).isEmpty();
        }
    }

    @EachEngine
    @DisplayName("a shard that waits with its handler for want of a spare goes to the first that comes back")
    void shouldGiveAWaitingShardToTheFirstSpare(TestEngine engine) throws Exception {
        Semaphore gateOfFirst = new Semaphore(0);
        Semaphore gateOfSecond = new Semaphore(0);
        Told told = new Told();
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(
                    options(fixture, told, BlockingDetection.HAND_OVER).maxWorkers(2), packet -> {
                        seen.add(String.valueOf(packet.attachment()));
                        if ("first".equals(packet.attachment())) {
                            gateOfFirst.acquire();
                        } else if ("second".equals(packet.attachment())) {
                            gateOfSecond.acquire();
                        }
                    });
            port.post("key", "first");
            port.post("key", "second");
            assertThat(soon(seen)).isEqualTo("first");
            assertThat(soon(seen)).isEqualTo("second");
            soon(told.allBlocked);
            port.post("key", "third");
            gateOfFirst.release();
            assertThat(soon(seen)).as("while the second still blocks").isEqualTo("third");
            gateOfSecond.release();
        }
    }

    @EachEngine
    @DisplayName("127: while a blocked handler's peer floods it, the others go on and the buffers hold")
    void shouldHoldTheBuffersWhenABlockedHandlerIsFlooded(TestEngine engine) throws Exception {
        Echo echo = new Echo();
        Told told = new Told();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(
                        options(fixture, told, BlockingDetection.HAND_OVER).receiveCredit(4), echo)) {
            Link blocked = echoing(fixture, port, "blocked");
            Link other = echoing(fixture, port, "other");
            blocked.peerSends("b");
            echo.awaitEntered(1);
            byte[] flood = "f".repeat(1 << 20).getBytes(StandardCharsets.ISO_8859_1);
            Thread flooding = Thread.ofVirtual().start(() -> {
                try {
                    blocked.peerSends(flood);
                } catch (IOException e) {
                    echo.faults.add("the flood broke: " + e);
                }
            });
            for (int i = 0; i < 500; i++) {
                echoes(other, "message " + i);
            }
            echo.gate.release();
            assertThat(blocked.peerReadsText(1 + flood.length)).isEqualTo("b" + "f".repeat(1 << 20));
            flooding.join();
            assertThat(echo.faults).isEmpty();
        }
    }

    @EachEngine
    @DisplayName("a handler that is found asleep again and again is treated as one that says that it blocks, and named")
    void shouldLearnWhichHandlersBlock(TestEngine engine) throws Exception {
        Echo echo = new Echo();
        Told told = new Told();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(options(fixture, told, BlockingDetection.LEARN), echo)) {
            Link link = echoing(fixture, port, "key");
            for (int i = 0; i < 4; i++) {
                link.peerSends("b");
                echo.awaitEntered(1);
                told.nextHandOver();
                echo.gate.release();
                assertThat(link.peerReadsText(1)).isEqualTo("b");
            }
            assertThat(soon(told.learned)).isEqualTo(Echo.class.getName());
            assertThat(port.stats().learnedHandlers()).containsExactly(Echo.class.getName());
            long before = port.stats().handOvers();
            Link other = echoing(fixture, port, "other");
            link.peerSends("b");
            echo.awaitEntered(1);
            for (int i = 0; i < 20; i++) {
                echoes(other, "message " + i);
            }
            assertThat(port.stats().handOvers())
                    .as("the shard stays where it is")
                    .isEqualTo(before);
            echo.gate.release();
            assertThat(link.peerReadsText(1)).isEqualTo("b");
        }
    }

    @EachEngine
    @DisplayName("packets of blocking handlers run on virtual threads where that is wanted, up to their bound")
    void shouldRunBlockingPacketsOnVirtualThreads(TestEngine engine) throws Exception {
        Semaphore gate = new Semaphore(0);
        BlockingQueue<Boolean> virtual = new LinkedBlockingQueue<>();
        AtomicInteger done = new AtomicInteger();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                virtual.add(Thread.currentThread().isVirtual());
                gate.acquire();
                done.incrementAndGet();
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return true;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().virtualThreads(20).maxWorkers(3), handler)) {
            for (int i = 0; i < 22; i++) {
                port.post("key", i);
            }
            List<Boolean> seen = new ArrayList<>();
            for (int i = 0; i < 22; i++) {
                seen.add(soon(virtual));
            }
            assertThat(seen).filteredOn(v -> v).hasSize(20);
            gate.release(22);
            await().atMost(PortFixture.DEADLINE).until(() -> done.get() == 22);
        }
    }

    @EachEngine
    @DisplayName("129: after many hand-overs over many workers every byte has come, in order")
    void shouldKeepEveryByteInOrderOverManyHandOvers(TestEngine engine) throws Exception {
        int connections = 16;
        int rounds = Integer.getInteger("iocp.handovers", 1000) / connections;
        AtomicInteger messages = new AtomicInteger();
        Queue<String> faults = new ConcurrentLinkedQueue<>();
        CompletionPort[] self = new CompletionPort[1];
        CompletionHandler handler = packet -> {
            if (packet.kind() != OperationKind.RECEIVE || packet.status() != Status.OK) {
                return;
            }
            byte[] bytes = new byte[packet.data().remaining()];
            packet.data().get(bytes);
            if (messages.incrementAndGet() % 2 == 0) {
                self[0].blocking(() -> {
                    LockSupport.parkNanos(50_000);
                    return null;
                });
            }
            ((Connection) Objects.requireNonNull(packet.handle())).send(new OverlappedIO(), ByteBuffer.wrap(bytes));
        };
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(
                    fixture.options()
                            .concurrency(2)
                            .maxWorkers(64)
                            .receiveBuffers(64)
                            .blockingDetection(BlockingDetection.HAND_OVER),
                    handler);
            self[0] = port;
            List<Thread> clients = new ArrayList<>();
            for (int c = 0; c < connections; c++) {
                Link link = echoing(fixture, port, "connection " + c);
                int client = c;
                clients.add(Thread.ofVirtual().start(() -> {
                    try {
                        for (int i = 0; i < 2 * rounds; i++) {
                            String text =
                                    ("c" + client + " m" + i + " ".repeat(RECEIVE_BYTES)).substring(0, RECEIVE_BYTES);
                            link.peerSends(text);
                            String back = link.peerReadsText(RECEIVE_BYTES);
                            if (!back.equals(text)) {
                                faults.add(text + " came back as " + back);
                                return;
                            }
                        }
                    } catch (IOException | RuntimeException | AssertionError e) {
                        faults.add("connection " + client + ": " + e);
                    }
                }));
            }
            for (Thread client : clients) {
                client.join();
            }
            assertThat(faults).isEmpty();
            assertThat(port.stats().handOvers()).isGreaterThan(rounds * connections / 4);
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> port.stats().workers().get("blocked") == 0);
        }
    }

    @EachEngine
    @DisplayName("a port closes in good order while handlers that lost their shards still run")
    void shouldWaitForKeptHandlersWhenItCloses(TestEngine engine) throws Exception {
        Semaphore gate = new Semaphore(0);
        Told told = new Told();
        AtomicBoolean returned = new AtomicBoolean();
        @Nullable CompletionPort port;
        try (PortFixture fixture = new PortFixture(engine)) {
            port = fixture.open(options(fixture, told, BlockingDetection.HAND_OVER), packet -> {
                gate.acquire();
                returned.set(true);
            });
            port.post("key", "waits");
            told.nextHandOver();
            Thread closing = Thread.ofVirtual().start(port::close);
            await().atMost(PortFixture.DEADLINE).until(() -> closing.getState() == Thread.State.TIMED_WAITING);
            assertThat(returned).isFalse();
            gate.release();
            closing.join();
            assertThat(returned).isTrue();
        }
    }

    @EachEngine
    @DisplayName("a handler that has said that it blocks waits for a spare, and is not said to have kept silent")
    void shouldNotLearnWhatTheHandlerHasSaid(TestEngine engine) throws Exception {
        Told told = new Told();
        Semaphore gate = new Semaphore(0);
        Semaphore entered = new Semaphore(0);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger mostRunning = new AtomicInteger();
        CompletionHandler declared = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
                entered.release();
                gate.acquire();
                running.decrementAndGet();
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return true;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(
                        options(fixture, told, BlockingDetection.LEARN).maxWorkers(2), declared)) {
            for (int round = 0; round < 6; round++) {
                port.post("on the spare", null);
                port.post("waits for it", null);
                if (round == 0) {
                    assertThat(soon(told.allBlocked)).isEqualTo(2);
                }
                gate.release(2);
                assertThat(entered.tryAcquire(2, PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            }
            assertThat(mostRunning).hasValue(1);
            assertThat(told.handOvers).isEmpty();
            assertThat(told.learned).isEmpty();
            assertThat(port.stats().learnedHandlers()).isEmpty();
        }
    }
}
