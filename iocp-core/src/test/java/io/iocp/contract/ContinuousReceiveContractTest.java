package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;

/** Receives that go on until they are cancelled, and connections that are idle. */
class ContinuousReceiveContractTest {

    @EachEngine
    @DisplayName(
            "a continuous receive that something waits behind ends when its turn comes, and the one behind goes on")
    void shouldEndBeforeItsTurnWhenAnotherReceiveWaitsBehind(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            OverlappedIO first = new OverlappedIO();
            OverlappedIO continuous = new OverlappedIO();
            OverlappedIO last = new OverlappedIO();
            link.connection().receive(first);
            link.connection().receiveContinuously(continuous);
            link.connection().receive(last);
            link.peerSends("a");
            Packet one = packets.next();
            assertThat(one.io()).isSameAs(first);
            Packet two = packets.next();
            assertThat(two.io()).isSameAs(continuous);
            assertThat(two.status()).isEqualTo(Status.CANCELLED);
            link.peerSends("b");
            Packet three = packets.next();
            assertThat(three.io()).isSameAs(last);
            assertThat(three.text()).isEqualTo("b");
        }
    }

    @EachEngine
    @DisplayName("a continuous receive is ready once for each packet, not once more to find nothing")
    void shouldBeReadyOnlyForWhatHasCome(TestEngine engine) throws Exception {
        List<Integer> readyBeside = new CopyOnWriteArrayList<>();
        Packets packets = new Packets();
        AtomicReference<CompletionPort> opened = new AtomicReference<>();
        CompletionHandler handler = packet -> {
            if (packet.status() == Status.OK) {
                readyBeside.add(opened.get().stats().shards().getFirst().readyPackets());
            }
            packets.completed(packet);
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(1), handler)) {
            opened.set(port);
            Link link = fixture.link(port, "key");
            link.connection().receiveContinuously(new OverlappedIO());
            for (int i = 0; i < 5; i++) {
                link.peerSends("a");
                assertThat(packets.next().text()).isEqualTo("a");
            }
            assertThat(readyBeside).containsOnly(0);
            link.peerFinishes();
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName("with more connections at work than there are receive buffers each of them gets its turn")
    void shouldServeMoreConnectionsThanThereAreBuffers(TestEngine engine) throws Exception {
        int count = 24;
        int rounds = 40;
        CompletionHandler echo = packet -> {
            if (packet.kind() == OperationKind.RECEIVE && packet.status() == Status.OK) {
                ((Connection) Objects.requireNonNull(packet.handle())).send(new OverlappedIO(), packet.retain());
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(1).receiveBuffers(2), echo)) {
            List<Link> links = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Link link = fixture.link(port, "key " + i);
                link.connection().receiveContinuously(new OverlappedIO());
                links.add(link);
            }
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < count; i++) {
                    links.get(i).peerSends(i + "." + round + ";");
                }
                for (int i = 0; i < count; i++) {
                    String sent = i + "." + round + ";";
                    assertThat(links.get(i).peerReadsText(sent.length())).isEqualTo(sent);
                }
            }
            // Those that stay silent do not keep the others waiting when the crowd is over.
            for (int i = 0; i < count; i++) {
                links.get(i).peerSends("alone");
                assertThat(links.get(i).peerReadsText("alone".length())).isEqualTo("alone");
            }
        }
    }

    @EachEngine
    @DisplayName("a close under bytes that were not delivered never looks like the end of the stream")
    void shouldNotReportTheEndBehindBytesThatAreThrownAway(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        CompletionHandler blocking = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                packets.completed(packet);
                if (packet.more()) {
                    entered.countDown();
                    assertThat(gate.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                            .isTrue();
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return packet.more();
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(blocking)) {
            Link link = fixture.link(port, "key", blocking);
            link.connection().receiveContinuously(new OverlappedIO());
            link.peerSends("seen");
            assertThat(entered.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            link.peerSends("not seen");
            link.peerFinishes();
            await().atMost(PortFixture.DEADLINE).until(() -> port.stats().bytesReceived() == "seennot seen".length());
            // Whatever the engine does in between, it has seen the end by then as a rule.
            OverlappedIO post = new OverlappedIO();
            port.post(post, "key", 0, Status.OK);
            packets.awaitThat(all -> all.size() == 2);
            link.connection().close();
            gate.countDown();
            packets.awaitThat(all -> all.size() == 3);
            assertThat(packets.all().getLast().status()).isEqualTo(Status.HANDLE_CLOSED);
        }
    }

    @EachEngine
    @DisplayName("a continuous receive brings all bytes in order, then EOF as its last packet")
    void shouldReceiveContinuouslyUntilTheEnd(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO("mine");
            link.connection().receiveContinuously(io);
            for (int i = 0; i < 100; i++) {
                link.peerSends("x");
                Packet packet = packets.next();
                assertThat(packet.io()).isSameAs(io);
                assertThat(packet.kind()).isEqualTo(OperationKind.RECEIVE);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.text()).isEqualTo("x");
                assertThat(packet.more()).isTrue();
                assertThat(packet.key()).isEqualTo("key");
            }
            assertThat(io.isPending()).isTrue();
            assertThatThrownBy(() -> link.connection().receiveContinuously(io))
                    .isInstanceOf(IllegalStateException.class);
            link.peerFinishes();
            Packet last = packets.next();
            assertThat(last.more()).isFalse();
            assertThat(last.status()).isEqualTo(Status.EOF);
            assertThat(last.bytes()).isZero();
            assertThat(last.text()).isEmpty();
            assertThat(io.isPending()).isFalse();
            link.connection().receiveContinuously(io);
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName("a reset ends a continuous receive with RESET, and the next one at once")
    void shouldEndAContinuousReceiveWithAReset(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().receiveContinuously(io);
            link.peerSends("x");
            assertThat(packets.next().text()).isEqualTo("x");
            link.peerResets();
            for (int i = 0; i < 3; i++) {
                Packet packet = packets.next();
                assertThat(packet.status()).isEqualTo(Status.RESET);
                assertThat(packet.more()).isFalse();
                link.connection().receiveContinuously(io);
            }
            packets.next();
        }
    }

    @EachEngine
    @DisplayName("a slow handler's connection is not read beyond its credit, and goes on when the handler does")
    void shouldStopReadingAtTheCreditAndGoOn(TestEngine engine) throws Exception {
        Semaphore go = new Semaphore(0);
        Packets packets = new Packets();
        byte[] data = new byte[8_000_000];
        new Random(8).nextBytes(data);
        AtomicLong received = new AtomicLong();
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch first = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            int credit = 4;
            int size = 1024;
            CompletionPort port =
                    fixture.open(fixture.options().receiveCredit(credit).concurrency(2), packets);
            Link link = fixture.link(port, "slow", ListenOptions.defaults().withReceiveBufferSize(size), packet -> {
                if (packet.status() == Status.EOF) {
                    end.countDown();
                    return;
                }
                ByteBuffer view = packet.data();
                int at = (int) received.get();
                if (!view.equals(ByteBuffer.wrap(data, at, view.remaining()))) {
                    wrong.incrementAndGet();
                }
                received.addAndGet(view.remaining());
                if (first.getCount() > 0) {
                    first.countDown();
                    assertThat(go.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
                }
            });
            link.connection().receiveContinuously(new OverlappedIO());
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    link.peerSends(data);
                    link.peerFinishes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
            // While the handler stands still its shard does, so nothing is read at all.
            assertThat(port.stats().bytesReceived()).isLessThan(data.length);
            go.release();
            assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
            sender.join();
            assertThat(wrong).hasValue(0);
            assertThat(received).hasValue(data.length);
        }
    }

    @EachEngine
    @DisplayName("while a blocking handler is busy its connection is read up to the credit, others go on")
    void shouldReadAtMostTheCreditWhileABlockingHandlerIsBusy(TestEngine engine) throws Exception {
        Semaphore go = new Semaphore(0);
        CountDownLatch entered = new CountDownLatch(1);
        AtomicLong received = new AtomicLong();
        CountDownLatch end = new CountDownLatch(1);
        io.iocp.CompletionHandler slow = new io.iocp.CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                entered.countDown();
                assertThat(go.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
                received.addAndGet(packet.bytesTransferred());
                if (!packet.more()) {
                    end.countDown();
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return true;
            }
        };
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            int credit = 4;
            int size = 1024;
            CompletionPort port = fixture.open(fixture.options().receiveCredit(credit), packets);
            Link link = fixture.link(port, "slow", ListenOptions.defaults().withReceiveBufferSize(size), slow);
            link.connection().receiveContinuously(new OverlappedIO());
            byte[] data = new byte[1 << 20];
            link.peerSends("x"); // one buffer on its own, so that the handler is busy with it before the rest comes
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    link.peerSends(data);
                    link.peerFinishes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            // Others get through all the while, so the shard has had every chance to read more.
            Link other = fixture.link(port, "other");
            for (int i = 0; i < 300; i++) {
                other.connection().receive(new OverlappedIO());
                other.peerSends("x");
                assertThat(packets.next().key()).isEqualTo("other");
            }
            // What the kernel had completed when the receive was stopped comes on top, as many as there are buffers.
            long read = port.stats().bytesReceived() - 300;
            assertThat(read).isLessThanOrEqualTo((long) (1 + 16) * size);
            go.release(1_000_000);
            assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
            sender.join();
            assertThat(received).hasValue(data.length + 1);
        }
    }

    @EachEngine
    @DisplayName("a cancel delivers what was received, then CANCELLED; the next receive goes on without a gap")
    void shouldDeliverWhatWasReceivedBeforeCancelled(TestEngine engine) throws Exception {
        byte[] data = new byte[2_000_000];
        new Random(2).nextBytes(data);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().receiveCredit(3), packets);
            Link link = fixture.link(port, "key");
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    link.peerSends(data);
                    link.peerFinishes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            Random random = new Random(3);
            OverlappedIO io = new OverlappedIO();
            int at = 0;
            int starts = 0;
            boolean end = false;
            while (!end) {
                boolean continuous = random.nextBoolean();
                if (continuous) {
                    link.connection().receiveContinuously(io);
                } else {
                    link.connection().receive(io);
                }
                starts++;
                Packet packet = packets.next();
                boolean cancelled = false;
                while (true) {
                    byte[] bytes = packet.text().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
                    assertThat(ByteBuffer.wrap(bytes)).isEqualTo(ByteBuffer.wrap(data, at, bytes.length));
                    at += bytes.length;
                    if (!packet.more()) {
                        break;
                    }
                    if (!cancelled && random.nextInt(3) == 0) {
                        cancelled = true;
                        io.cancel();
                    }
                    packet = packets.next();
                }
                if (continuous) {
                    assertThat(packet.status()).isIn(Status.CANCELLED, Status.EOF);
                }
                end = packet.status() == Status.EOF;
            }
            sender.join();
            assertThat(at).isEqualTo(data.length);
            fixture.end(port);
            assertThat(packets.all().stream().filter(p -> !p.more())).hasSize(starts);
        }
    }

    @EachEngine
    @DisplayName("a single receive behind a continuous one ends it and gets the bytes that come after")
    void shouldEndAContinuousReceiveByASingleOne(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            for (int round = 0; round < 200; round++) {
                OverlappedIO continuous = new OverlappedIO("continuous");
                OverlappedIO single = new OverlappedIO("single");
                link.connection().receiveContinuously(continuous);
                link.peerSends("a");
                link.connection().receive(single);
                link.peerSends("b");
                StringBuilder text = new StringBuilder();
                boolean continuousEnded = false;
                boolean singleEnded = false;
                while (!singleEnded || !continuousEnded) {
                    Packet packet = packets.next();
                    text.append(packet.text());
                    if (packet.io() == single) {
                        assertThat(continuousEnded).as("order of the ends").isTrue();
                        singleEnded = true;
                    } else if (!packet.more()) {
                        assertThat(packet.status()).isEqualTo(Status.CANCELLED);
                        continuousEnded = true;
                        if (text.length() == 2) {
                            link.peerSends("c"); // the continuous one got both before it ended
                        }
                    }
                }
                if (text.length() == 1) {
                    link.connection().receive(single);
                    text.append(packets.next().text());
                }
                assertThat(text.toString()).isIn("ab", "abc");
            }
        }
    }

    @EachEngine
    @DisplayName("a retained buffer keeps its bytes after the handler, until it is released")
    void shouldKeepARetainedBuffer(TestEngine engine) throws Exception {
        List<LeasedBuffer> kept = new ArrayList<>();
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().receiveBuffers(4), packet -> {
                    if (packet.kind() == OperationKind.RECEIVE && packet.more()) {
                        synchronized (kept) {
                            kept.add(packet.retain());
                        }
                    }
                    packets.completed(packet);
                })) {
            Link link = fixture.link(port, "key");
            link.connection().receiveContinuously(new OverlappedIO());
            for (int i = 0; i < 4; i++) {
                link.peerSends(String.valueOf(i));
                packets.next();
            }
            // All four buffers are kept. Whether the fifth bytes wait for one or come in a buffer beside them is the
            // engine's
            // own business; nothing else waits, and nothing is lost.
            link.peerSends("4");
            link.connection().post(new OverlappedIO("alive"), 0);
            Packets.Packet first = packets.next();
            boolean cameFirst = first.attachment() == null;
            assertThat(cameFirst ? packets.next().attachment() : first.attachment())
                    .isEqualTo("alive");
            synchronized (kept) {
                for (int i = 0; i < 4; i++) {
                    assertThat(kept.get(i).data().get(0)).isEqualTo((byte) ('0' + i));
                }
                kept.get(1).release();
            }
            assertThat((cameFirst ? first : packets.next()).text()).isEqualTo("4");
            synchronized (kept) {
                assertThat(kept.get(3).data().get(0)).isEqualTo((byte) '3');
                kept.get(0).release();
                kept.get(2).release();
                kept.get(3).release();
                kept.get(4).release();
            }
            for (int i = 5; i < 50; i++) {
                link.peerSends("x");
                packets.next();
                synchronized (kept) {
                    kept.removeLast().release();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("a close discards what was received and not yet delivered; the last packet is HANDLE_CLOSED")
    void shouldDiscardWhatWasReceivedWhenTheHandleIsClosed(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().receiveBuffers(4), packet -> {
                packets.completed(packet);
                if (packet.kind() == OperationKind.RECEIVE && packet.more()) {
                    packet.connection().close();
                }
            });
            for (int round = 0; round < 100; round++) {
                Link link = fixture.link(port, round);
                link.peerSends("x".repeat(20_000));
                link.connection().receiveContinuously(new OverlappedIO());
                Packet first = packets.next();
                assertThat(first.more()).isTrue();
                Packet last = packets.next();
                assertThat(last.more()).isFalse();
                assertThat(last.status()).isEqualTo(Status.HANDLE_CLOSED);
                assertThat(last.key()).isEqualTo(round);
                link.peer().close();
            }
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(200);
        }
    }

    @EachEngine
    @DisplayName("a port without a handler has no continuous operations")
    void shouldRefuseContinuousOperationsWithoutAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> link.connection().receiveContinuously(io))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("handler");
            assertThat(io.isPending()).isFalse();
        }
    }

    @EachEngine
    @DisplayName(
            "an idle connection is closed, its receive ends with TIMED_OUT and the peer sees the end; not a busy one")
    void shouldCloseAnIdleConnection(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link idle = fixture.link(port, "idle");
            // In one handler, so that no time passes between setting and removing it.
            Link never = fixture.link(port, "never", packet -> {
                packet.connection().idleTimeout(Duration.ofMillis(1));
                packet.connection().idleTimeout(null);
            });
            never.connection().post(new OverlappedIO(), 0);
            long begin = System.nanoTime();
            idle.connection().receive(new OverlappedIO());
            idle.connection().idleTimeout(Duration.ofMillis(150));
            Packet packet = packets.next();
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(150_000_000);
            assertThat(packet.status()).isEqualTo(Status.TIMED_OUT);
            assertThat(packet.key()).isEqualTo("idle");
            idle.peerSeesEnd();
            await().atMost(PortFixture.DEADLINE).until(idle.connection()::isClosed);
            assertThat(never.connection().isOpen()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("a transfer starts the idle time anew")
    void shouldCountTheIdleTimeFromTheLastTransfer(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            link.connection().receiveContinuously(new OverlappedIO());
            link.connection().idleTimeout(Duration.ofMillis(100));
            long last = 0;
            CountDownLatch tick = new CountDownLatch(1);
            for (int i = 0; i < 8; i++) {
                assertThat(tick.await(30, TimeUnit.MILLISECONDS)).isFalse();
                last = System.nanoTime();
                try {
                    link.peerSends("x");
                } catch (IOException tooLate) {
                    break; // this machine took longer than the timeout for one round; what follows holds all the same
                }
            }
            packets.awaitThat(all -> !all.isEmpty() && !all.getLast().more());
            assertThat(packets.all().getLast().status()).isEqualTo(Status.TIMED_OUT);
            if (packets.size() == 9) {
                assertThat(System.nanoTime() - last).isGreaterThanOrEqualTo(100_000_000);
            }
        }
    }
}
