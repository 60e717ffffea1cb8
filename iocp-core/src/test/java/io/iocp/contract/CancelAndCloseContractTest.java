package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** However an operation is cancelled or its handle or port closed: one packet, no byte lost, and nothing left behind. */
class CancelAndCloseContractTest {

    @EachEngine
    @DisplayName("64: a cancelled receive is CANCELLED, and the next receive gets what comes later")
    void shouldCancelAPendingReceive(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().receive(io);
            assertThat(io.cancel()).isTrue();
            assertThat(io.cancel()).as("a second cancel").isFalse();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.CANCELLED);
            assertThat(io.bytesTransferred()).isZero();
            link.connection().receive(io);
            link.peerSends("later");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("later");
        }
    }

    @EachEngine
    @DisplayName("64: a receive that waits behind another is cancelled at once, and the other goes on")
    void shouldCancelAReceiveThatWaitsBehindAnother(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO[] ios = {new OverlappedIO(0), new OverlappedIO(1), new OverlappedIO(2)};
            for (OverlappedIO io : ios) {
                link.connection().receive(io, MemorySegment.ofArray(new byte[1]));
            }
            assertThat(ios[1].cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ios[1]);
            assertThat(ios[1].status()).isEqualTo(Status.CANCELLED);
            link.peerSends("ab");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ios[0]);
            assertThat(Packet.of(ios[0]).text()).isEqualTo("a");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ios[2]);
            assertThat(Packet.of(ios[2]).text()).isEqualTo("b");
        }
    }

    @EachEngine
    @DisplayName("65: a cancel after the completion finds nothing, and there is only one packet")
    void shouldFindNothingToCancelAfterTheCompletion(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            assertThat(io.cancel()).as("never started").isFalse();
            link.connection().receive(io);
            link.peerSends("done");
            packets.next();
            assertThat(io.cancel()).isFalse();
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(1);
        }
    }

    @EachEngine
    @DisplayName("66: cancels race with data ten thousand times: one packet each, and every byte once and in order")
    void shouldNeitherLoseNorDoubleAByteWhenCancelsRaceWithData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            int rounds = 10_000;
            Random random = new Random(66);
            Thread peer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < rounds; i++) {
                        link.peer().output().write(i);
                    }
                    link.peerFinishes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            long started = 0;
            long received = 0;
            boolean end = false;
            OverlappedIO io = new OverlappedIO();
            MemorySegment memory = Arena.global().allocate(3);
            while (!end) {
                switch (random.nextInt(3)) {
                    case 0 -> link.connection().receive(io);
                    case 1 -> link.connection().receive(io, memory);
                    default -> link.connection().receive(io, MemorySegment.ofArray(new byte[2]));
                }
                started++;
                if (random.nextInt(3) > 0) {
                    for (int spin = random.nextInt(2000); spin > 0; spin--) {
                        Thread.onSpinWait();
                    }
                    io.cancel();
                }
                Packet packet = packets.next();
                for (char c : packet.text().toCharArray()) {
                    assertThat((byte) c).as("byte %d", received).isEqualTo((byte) received);
                    received++;
                }
                assertThat(packet.status()).isIn(Status.OK, Status.CANCELLED, Status.EOF);
                end = packet.status() == Status.EOF;
            }
            peer.join();
            assertThat(received).isEqualTo(rounds);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(started);
        }
    }

    @EachEngine
    @DisplayName("67: cancelling one of many leaves the others alone; an operation of no one is nothing to cancel")
    void shouldCancelOnlyWhatWasAskedFor(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link first = fixture.link(port, 1);
            Link second = fixture.link(port, 2);
            OverlappedIO one = new OverlappedIO();
            OverlappedIO two = new OverlappedIO();
            first.connection().receive(one);
            second.connection().receive(two);
            one.cancel();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(one);
            assertThat(two.isPending()).isTrue();
            second.peerSends("x");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(two);
            assertThat(two.status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName(
            "68: closing a handle ends its receives and sends with HANDLE_CLOSED, and the peer sees the end at once")
    void shouldEndEverythingWhenTheHandleIsClosed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            List<OverlappedIO> ios = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                OverlappedIO receive = new OverlappedIO();
                link.connection().receive(receive);
                ios.add(receive);
            }
            link.connection().close();
            assertThat(link.connection().isOpen()).isFalse();
            link.peerSeesEnd();
            for (OverlappedIO io : ios) {
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.HANDLE_CLOSED);
                assertThat(io.key()).isEqualTo("key");
                assertThat(io.failure()).isInstanceOf(AsynchronousCloseException.class);
            }
            awaitClosed(link.connection());
            link.connection().close();
            assertThatThrownBy(() -> link.connection().receive(ios.getFirst()))
                    .isInstanceOf(ClosedChannelException.class);
            assertThat(ios.getFirst().isPending()).isFalse();
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    @DisplayName("68: closing a handle ends a send that waits for a reader, and those behind it")
    void shouldEndPendingSendsWhenTheHandleIsClosed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            int length = 64 << 20;
            OverlappedIO receive = new OverlappedIO("receive");
            OverlappedIO big = new OverlappedIO("big");
            OverlappedIO behind = new OverlappedIO("behind");
            link.connection().receive(receive);
            link.connection().send(big, Arena.global().allocate(length));
            link.connection().send(behind, StandardCharsets.US_ASCII.encode("never"));
            link.peerReads(1000);
            link.connection().close();
            for (int i = 0; i < 3; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.status()).as("%s", io.attachment()).isEqualTo(Status.HANDLE_CLOSED);
                if (io == big) {
                    assertThat(io.bytesTransferred()).isBetween(1000L, length - 1L);
                } else {
                    assertThat(io.bytesTransferred()).isZero();
                }
            }
            awaitClosed(link.connection());
        }
    }

    private static void awaitClosed(io.iocp.Handle handle) {
        await().atMost(PortFixture.DEADLINE).pollInterval(Duration.ofMillis(1)).until(handle::isClosed);
    }

    @EachEngine
    @DisplayName("69: closing a listener ends its accepts with HANDLE_CLOSED, and its port refuses at once")
    void shouldRefuseConnectionsAtOnceWhenTheListenerIsClosed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (int round = 0; round < 50; round++) {
                Listener listener = fixture.listen(port, "listener");
                OverlappedIO[] accepts = {new OverlappedIO(), new OverlappedIO()};
                for (OverlappedIO accept : accepts) {
                    listener.accept(accept);
                }
                listener.close();
                for (OverlappedIO accept : accepts) {
                    assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(accept);
                    assertThat(accept.status()).isEqualTo(Status.HANDLE_CLOSED);
                    assertThat(accept.key()).isEqualTo("listener");
                }
                assertThatThrownBy(() -> fixture.connect(listener)).isInstanceOf(ConnectException.class);
                assertThatThrownBy(() -> listener.accept(accepts[0])).isInstanceOf(ClosedChannelException.class);
                awaitClosed(listener);
            }
        }
    }

    @EachEngine
    @DisplayName("70: descriptors are reused at once: no packet of an old handle reaches a new one")
    void shouldBringNoPacketOfAnOldHandleToANewOne(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Listener listener = port.openListener(PortFixture.anyPort(), io.iocp.operation.ListenOptions.defaults());
            List<Connection> connections = java.util.Collections.synchronizedList(new ArrayList<>());
            port.associate(listener, "listener", packet -> {
                if (packet.status() == Status.OK) {
                    connections.add(packet.accepted());
                }
            });
            listener.acceptContinuously(new OverlappedIO());
            int rounds = 500;
            for (int round = 0; round < rounds; round++) {
                try (Peer peer = fixture.connect(listener)) {
                    int index = round;
                    await().atMost(PortFixture.DEADLINE)
                            .pollInterval(Duration.ofNanos(50_000))
                            .until(() -> connections.size() > index);
                    Connection connection = connections.get(round);
                    port.associate(connection, round);
                    OverlappedIO io = new OverlappedIO(round);
                    connection.receive(io);
                    if (round % 2 == 0) {
                        peer.output().write('x');
                    }
                    connection.close();
                    Packet packet = packets.next();
                    assertThat(packet.io()).isSameAs(io);
                    assertThat(packet.key()).isEqualTo(round);
                    assertThat(packet.status()).isIn(Status.OK, Status.HANDLE_CLOSED);
                    assertThat(io.connection()).isSameAs(connection);
                }
            }
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(rounds);
            assertThat(port.stats().connections()).isZero();
            assertThat(port.stats().connectionsClosed()).isEqualTo(rounds);
        }
    }

    @EachEngine
    @DisplayName("38: closing a handle without operations brings no packet")
    void shouldBringNoPacketWhenAnIdleHandleIsClosed(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            link.connection().close();
            link.peerSeesEnd();
            awaitClosed(link.connection());
            fixture.end(port);
            assertThat(packets.size()).isZero();
        }
    }

    @EachEngine
    @DisplayName("closes race with data and starts a thousand times: one packet for each start that returned")
    void shouldBringOnePacketForEachStartWhenClosesRaceWithData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().concurrency(2), packets);
            AtomicInteger started = new AtomicInteger();
            for (int round = 0; round < 400; round++) {
                Link link = fixture.link(port, round);
                Thread starter = Thread.ofPlatform().start(() -> {
                    try {
                        while (true) {
                            link.connection().receive(new OverlappedIO());
                            started.incrementAndGet();
                            link.connection().send(new OverlappedIO(), ByteBuffer.wrap(new byte[8]));
                            started.incrementAndGet();
                        }
                    } catch (ClosedChannelException closed) {
                        return;
                    }
                });
                link.peerSends("race");
                for (int spin = round * 50; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                link.connection().close();
                starter.join();
                link.peer().close();
            }
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(started.get());
            assertThat(packets.all()).allMatch(p -> !p.more());
        }
    }

    @EachEngine
    @DisplayName("a cancel, a close and data meet: one packet, three thousand times")
    void shouldBringOnePacketHoweverCancelAndCloseMeet(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().concurrency(2), packets);
            Random random = new Random(68);
            int rounds = 600;
            int each = 5;
            int continuous = 0;
            for (int round = 0; round < rounds; round++) {
                Link link = fixture.link(port, round);
                List<OverlappedIO> ios = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    OverlappedIO io = new OverlappedIO(round);
                    ios.add(io);
                    if (random.nextInt(3) == 0) {
                        link.connection().receiveContinuously(io);
                        continuous++;
                    } else {
                        link.connection().receive(io);
                    }
                }
                Thread canceller = Thread.ofVirtual().start(() -> ios.forEach(OverlappedIO::cancel));
                if (random.nextBoolean()) {
                    link.peerSends("data");
                }
                link.connection().close();
                canceller.join();
                link.peer().close();
            }
            fixture.end(port);
            assertThat(continuous).isPositive();
            assertThat(packets.all().stream().filter(p -> !p.more())).hasSize(rounds * each);
            assertThat(packets.all().stream()
                            .filter(p -> !p.more())
                            .map(Packet::io)
                            .distinct())
                    .hasSize(rounds * each);
        }
    }

    @EachEngine
    @DisplayName("73: what a thread has started goes on when the thread has ended")
    void shouldCompleteWhatAThreadStartedThatHasEnded(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            Thread starter = Thread.ofPlatform()
                    .start(() ->
                            ReceiveContractTest.start(() -> link.connection().receive(io)));
            starter.join();
            link.peerSends("still");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("still");
        }
    }

    // ---- the end of the port

    @EachEngine
    @DisplayName("30: close with a hundred receives pending gives all memory back before it returns")
    void shouldGiveAllMemoryBackBeforeCloseReturns(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().closeHandles(false), packets);
            List<Link> links = new ArrayList<>();
            List<MemorySegment> memory = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Link link = fixture.link(port, i);
                links.add(link);
                memory.add(Arena.global().allocate(64));
                link.connection().receive(new OverlappedIO(i), memory.get(i));
            }
            fixture.end(port);
            assertThat(packets.all()).hasSize(100).allMatch(p -> p.status() == Status.PORT_CLOSED);
            assertThat(packets.all()).extracting(Packet::attachment).doesNotHaveDuplicates();
            // Whatever the peers send now, nobody writes it into memory that is the caller's again.
            for (int i = 0; i < 100; i++) {
                memory.get(i).fill((byte) 0x55);
                assertThat(links.get(i).connection().isOpen()).isTrue();
                links.get(i).peerSends("poison");
            }
            for (int i = 0; i < 100; i++) {
                links.get(i).connection().close();
                assertThat(links.get(i).connection().isClosed()).isTrue();
                assertThat(memory.get(i).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x55);
            }
        }
    }

    @EachEngine
    @DisplayName("30: on a port without a handler close frees the operations, with PORT_CLOSED")
    void shouldFreeTheOperationsOfAPortWithoutAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open();
            Link link = fixture.link(port, "key");
            OverlappedIO pending = new OverlappedIO();
            OverlappedIO received = new OverlappedIO();
            OverlappedIO posted = new OverlappedIO();
            link.connection().receive(received);
            link.peerSends("x");
            await().atMost(PortFixture.DEADLINE).until(() -> port.queueDepth() == 1);
            link.connection().receive(pending);
            port.post(posted, "posted", 0, Status.OK);
            fixture.end(port);
            for (OverlappedIO io : List.of(pending, received, posted)) {
                assertThat(io.isPending()).isFalse();
                assertThat(io.status()).isEqualTo(Status.PORT_CLOSED);
            }
        }
    }

    @EachEngine
    @DisplayName("an accepted connection whose packet nobody takes is closed with the port")
    void shouldCloseAnAcceptedConnectionThatNobodyTakes(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open();
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            Peer peer = fixture.connect(listener);
            await().atMost(PortFixture.DEADLINE).until(() -> port.queueDepth() == 1);
            fixture.end(port);
            assertThat(peer.input().read()).isEqualTo(-1);
        }
    }

    @EachEngine
    @DisplayName("31: closing twice, and from two threads at once, does nothing more")
    void shouldCloseOnceHoweverOftenItIsAsked(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(new Packets());
            Thread other = Thread.ofPlatform().start(port::close);
            port.close();
            assertThat(port.stats().state()).isEqualTo("closed");
            other.join();
            port.close();
            port.shutdown(Duration.ofSeconds(1));
            assertThat(port.isOpen()).isFalse();
            assertThatThrownBy(() -> fixture.listen(port, "late")).isInstanceOf(ClosedPortException.class);
        }
    }

    @EachEngine
    @DisplayName("an interrupt does not cut a shutdown short, and a second one waits as well")
    void shouldDrainAlthoughItIsInterrupted(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            byte[] data = new byte[8_000_000];
            new Random(33).nextBytes(data);
            link.connection().send(new OverlappedIO("send"), ByteBuffer.wrap(data));
            AtomicBoolean flagKept = new AtomicBoolean();
            Thread interrupted = Thread.ofPlatform().start(() -> {
                port.shutdown(PortFixture.DEADLINE);
                flagKept.set(Thread.currentThread().isInterrupted());
            });
            await().atMost(PortFixture.DEADLINE).until(() -> !port.isOpen());
            Thread second = Thread.ofPlatform().start(() -> port.shutdown(PortFixture.DEADLINE));
            interrupted.interrupt();
            await().atMost(PortFixture.DEADLINE).until(() -> !interrupted.isInterrupted());
            assertThat(link.peerReads(data.length)).isEqualTo(data);
            interrupted.join();
            second.join();
            fixture.end(port);
            assertThat(flagKept).isTrue();
            assertThat(packets.all().stream().filter(p -> "send".equals(p.attachment())))
                    .singleElement()
                    .satisfies(p -> assertThat(p.status()).isEqualTo(Status.OK));
        }
    }

    @EachEngine
    @DisplayName("32: shutdown runs what is queued, lets sends finish, and ends receives with PORT_CLOSED")
    void shouldDrainBeforeItShutsDown(TestEngine engine) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {
                if (packet.kind() == OperationKind.POST) {
                    go.await();
                }
                packets.completed(packet);
            });
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO("receive"));
            for (int i = 0; i < 50; i++) {
                port.post("post", i);
            }
            byte[] data = new byte[3_000_000];
            new Random(32).nextBytes(data);
            link.connection().send(new OverlappedIO("send"), ByteBuffer.wrap(data));
            Thread ending = Thread.ofPlatform().start(() -> port.shutdown(PortFixture.DEADLINE));
            await().atMost(PortFixture.DEADLINE).until(() -> !port.isOpen());
            assertThatThrownBy(() -> port.post("late", null)).isInstanceOf(ClosedPortException.class);
            OverlappedIO late = new OverlappedIO();
            assertThatThrownBy(() -> link.connection().receive(late)).isInstanceOf(ClosedPortException.class);
            assertThat(late.isPending()).isFalse();
            go.countDown();
            assertThat(link.peerReads(data.length)).isEqualTo(data);
            ending.join();
            fixture.end(port);
            assertThat(packets.all().stream().filter(p -> p.kind() == OperationKind.POST))
                    .hasSize(50);
            assertThat(packets.all().stream().filter(p -> "send".equals(p.attachment())))
                    .singleElement()
                    .satisfies(p -> assertThat(p.status()).isEqualTo(Status.OK))
                    .satisfies(p -> assertThat(p.bytes()).isEqualTo(data.length));
            assertThat(packets.all().stream().filter(p -> "receive".equals(p.attachment())))
                    .singleElement()
                    .satisfies(p -> assertThat(p.status()).isEqualTo(Status.PORT_CLOSED));
        }
    }

    @EachEngine
    @DisplayName("shutdown gives up a send that nobody reads when its time is over")
    void shouldGiveUpASendWhenTheTimeForDrainingIsOver(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            link.connection().send(new OverlappedIO(), Arena.global().allocate(64 << 20));
            port.shutdown(Duration.ofMillis(50));
            fixture.end(port);
            Packet packet = packets.next();
            assertThat(packet.status()).isEqualTo(Status.PORT_CLOSED);
            assertThat(packet.bytes()).isLessThan(64 << 20);
        }
    }

    @EachEngine
    @DisplayName("a shutdown closes the handles, as a close would")
    void shouldCloseTheHandlesAfterAShutdown(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(new Packets());
            Link link = fixture.link(port, "key");
            Listener listener = fixture.listen(port, "listener");
            port.shutdown(PortFixture.DEADLINE);
            link.peerSeesEnd();
            assertThat(link.connection().isClosed()).isTrue();
            assertThat(listener.isClosed()).isTrue();
            assertThatThrownBy(() -> fixture.connect(listener)).isInstanceOf(ConnectException.class);
        }
    }

    @EachEngine
    @DisplayName("handles that a port does not close stay open, and can be closed when the port is gone")
    void shouldCloseHandlesThatOutlivedTheirPort(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().closeHandles(false), new Packets());
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO());
            Listener listener = fixture.listen(port, "listener");
            fixture.end(port);
            assertThat(link.connection().isOpen()).isTrue();
            assertThatThrownBy(() -> link.connection().receive(new OverlappedIO()))
                    .isInstanceOf(ClosedPortException.class);
            fixture.connect(listener).close();
            link.connection().close();
            link.peerSeesEnd();
            listener.close();
            assertThat(listener.isClosed()).isTrue();
            assertThatThrownBy(() -> fixture.connect(listener)).isInstanceOf(ConnectException.class);
        }
    }

    @EachEngine
    @DisplayName("a worker cannot close its own port; another thread can while a handler runs")
    void shouldRefuseToBeClosedByItsOwnWorker(TestEngine engine) throws Exception {
        CompletionPort[] self = new CompletionPort[1];
        AtomicInteger refused = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            self[0] = fixture.open(packet -> {
                try {
                    self[0].close();
                } catch (IllegalStateException e) {
                    refused.incrementAndGet();
                }
                done.countDown();
            });
            self[0].post(null, null);
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(refused).hasValue(1);
            assertThat(self[0].isOpen()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("starts that race with the close are refused or get their packet, and hold nothing up")
    void shouldCloseInTimeWhateverIsStartedMeanwhile(TestEngine engine) throws Exception {
        for (int round = 0; round < 30; round++) {
            Packets packets = new Packets();
            AtomicInteger started = new AtomicInteger();
            try (PortFixture fixture = new PortFixture(engine)) {
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(2).maxInFlight(64), packets);
                Link link = fixture.link(port, "key");
                CountDownLatch running = new CountDownLatch(3);
                List<Thread> starters = new ArrayList<>();
                for (int t = 0; t < 3; t++) {
                    starters.add(Thread.ofPlatform().start(() -> {
                        running.countDown();
                        try {
                            while (true) {
                                OverlappedIO io = new OverlappedIO();
                                try {
                                    link.connection().receive(io);
                                    started.incrementAndGet();
                                } catch (TooManyOperationsException refused) {
                                    Thread.onSpinWait();
                                }
                                io.cancel();
                            }
                        } catch (ClosedPortException | ClosedChannelException closed) {
                            return;
                        }
                    }));
                }
                running.await();
                fixture.end(port);
                for (Thread starter : starters) {
                    starter.join();
                }
            }
            assertThat(packets.size()).as("round %d", round).isEqualTo(started.get());
        }
    }
}
