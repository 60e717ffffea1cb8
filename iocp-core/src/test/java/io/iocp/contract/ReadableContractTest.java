package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Receives of no bytes, which wait until there is something; and how much that is. */
class ReadableContractTest {

    private static void expectReadable(CompletionPort port, OverlappedIO io) throws InterruptedException {
        assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
        assertThat(io.kind()).isEqualTo(OperationKind.READABLE);
        assertThat(io.status()).isEqualTo(Status.OK);
        assertThat(io.bytesTransferred()).isZero();
        assertThat(io.data().remaining()).isZero();
        assertThat(io.buffer()).isNull();
        assertThat(io.failure()).isNull();
    }

    @EachEngine
    @DisplayName(
            "53: on an idle connection it waits; one byte: READABLE, and the byte is still there; end: READABLE, then EOF")
    void shouldWaitUntilThereIsSomethingToReceive(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO("mine");
            assertThat(link.connection().awaitReadable(io)).isEqualTo(StartResult.PENDING);
            assertThat(port.poll(Duration.ofMillis(20))).isNull();
            link.peerSends("x");
            expectReadable(port, io);
            assertThat(io.attachment()).isEqualTo("mine");
            assertThat(io.key()).isEqualTo("key");
            // As often as one likes.
            link.connection().awaitReadable(io);
            expectReadable(port, io);
            link.connection().receive(io, MemorySegment.ofArray(new byte[0]));
            expectReadable(port, io);
            link.connection().receive(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.RECEIVE);
            assertThat(Packet.of(io).text()).isEqualTo("x");
            assertThat(io.sequence()).isEqualTo(3);

            link.connection().awaitReadable(io);
            assertThat(port.poll(Duration.ofMillis(20))).isNull();
            link.peerFinishes();
            expectReadable(port, io);
            link.connection().awaitReadable(io);
            expectReadable(port, io);
            for (int i = 0; i < 2; i++) {
                link.connection().receive(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.EOF);
            }
            link.connection().awaitReadable(io);
            expectReadable(port, io);
        }
    }

    @EachEngine
    @DisplayName("122: a reset while it waits is RESET, for it and for every receive behind it")
    void shouldReportAReset(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().awaitReadable(io);
            link.peerResets();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.READABLE);
            assertThat(io.status()).isEqualTo(Status.RESET);
            for (int i = 0; i < 2; i++) {
                link.connection().receive(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
                link.connection().awaitReadable(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
            }
        }
    }

    @EachEngine
    @DisplayName("what it has seen comes first to whatever receives next: single, filling, scattered, continuous")
    void shouldLoseNoByteToWhateverReceivesNext(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            OverlappedIO ready = new OverlappedIO();
            link.connection().awaitReadable(ready);
            link.peerSends("0123456789");
            assertThat(packets.next().kind()).isEqualTo(OperationKind.READABLE);
            link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(new byte[1]));
            assertThat(packets.next().text()).isEqualTo("0");
            link.connection().awaitReadable(ready);
            assertThat(packets.next().kind()).isEqualTo(OperationKind.READABLE);
            MemorySegment all = MemorySegment.ofArray(new byte[4]);
            link.connection()
                    .receive(new OverlappedIO().fillBuffer(true), all.asSlice(0, 1), all.asSlice(1, 1), all.asSlice(2));
            assertThat(packets.next().bytes()).isEqualTo(4);
            assertThat(all.mismatch(MemorySegment.ofArray("1234".getBytes(java.nio.charset.StandardCharsets.US_ASCII))))
                    .isEqualTo(-1);
            link.connection().awaitReadable(ready);
            assertThat(packets.next().kind()).isEqualTo(OperationKind.READABLE);
            link.connection().receiveContinuously(new OverlappedIO());
            StringBuilder rest = new StringBuilder();
            while (rest.length() < 5) {
                rest.append(packets.next().text());
            }
            assertThat(rest).hasToString("56789");
            link.peerSends("more");
            assertThat(packets.next().text()).isEqualTo("more");
            // What comes behind a continuous receive ends it.
            link.connection().awaitReadable(ready);
            assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);
            link.peerFinishes();
            assertThat(packets.next().kind()).isEqualTo(OperationKind.READABLE);
        }
    }

    @EachEngine
    @DisplayName("it needs no buffer: with all of them kept it still says that there is something")
    void shouldNeedNoBuffer(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().receiveBuffers(2))) {
            Link keeping = fixture.link(port, "keeping");
            List<OverlappedIO> kept = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                OverlappedIO io = new OverlappedIO();
                keeping.connection().receive(io);
                keeping.peerSends("x");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                kept.add(io);
            }
            List<Link> idle = new ArrayList<>();
            List<OverlappedIO> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Link link = fixture.link(port, i, ListenOptions.defaults());
                OverlappedIO io = new OverlappedIO(i);
                link.connection().awaitReadable(io);
                idle.add(link);
                waiting.add(io);
            }
            for (int i = 0; i < 20; i++) {
                idle.get(i).peerSends("y");
                expectReadable(port, waiting.get(i));
            }
            kept.forEach(OverlappedIO::release);
        }
    }

    @EachEngine
    @DisplayName("it is cancelled, timed out and closed like any receive, and takes its turn among them")
    void shouldEndLikeAnyReceive(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().awaitReadable(io);
            assertThatThrownBy(() -> link.connection().awaitReadable(io)).isInstanceOf(IllegalStateException.class);
            assertThat(io.cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.CANCELLED);
            link.connection().awaitReadable(io.timeout(Duration.ofMillis(10)));
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.TIMED_OUT);
            io.timeout(null);

            OverlappedIO receive = new OverlappedIO();
            OverlappedIO behind = new OverlappedIO();
            link.connection().awaitReadable(io.completionMode(CompletionMode.SKIP_IF_IMMEDIATE));
            link.connection().receive(receive);
            link.connection().awaitReadable(behind);
            link.peerSends("once");
            expectReadable(port, io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
            assertThat(Packet.of(receive).text()).isEqualTo("once");
            assertThat(port.poll(Duration.ofMillis(20))).isNull();
            link.connection().close();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(behind);
            assertThat(behind.status()).isEqualTo(Status.HANDLE_CLOSED);
            assertThatThrownBy(() -> link.connection().awaitReadable(io)).isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName(
            "46: on a handle that is not connected, or not any more, every way to receive throws; nothing comes over from before")
    void shouldBelongToOneConnection(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            OverlappedIO io = new OverlappedIO();
            link.peerSends("x");
            connection.awaitReadable(io);
            expectReadable(port, io);
            connection.disconnect(io, DisconnectMode.RECYCLE);
            link.peerFinishes();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).as("bytes that nobody received").isEqualTo(1);

            MemorySegment memory = MemorySegment.ofArray(new byte[4]);
            LeasedBuffer buffer = port.buffers().lease(4);
            assertThatThrownBy(() -> connection.awaitReadable(io)).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(() -> connection.receive(io, memory)).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(() -> connection.receive(io, memory, memory))
                    .isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(() -> connection.sendZeroCopy(io, buffer, () -> {}))
                    .isInstanceOf(NotYetConnectedException.class);
            buffer.release();
            assertThat(io.isPending()).isFalse();
            assertThat(port.poll()).isNull();

            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO(), connection);
            Peer peer = fixture.connect(listener);
            assertThat(port.poll(PortFixture.DEADLINE)).isNotNull();
            connection.awaitReadable(io);
            assertThat(port.poll(Duration.ofMillis(20))).isNull();
            peer.output().write('y');
            expectReadable(port, io);
            connection.receive(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("y");
            io.release();
        }
    }

    @EachEngine
    @DisplayName("the bytes that are there are told on request, and only then")
    void shouldTellHowMuchIsThereOnRequest(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.peerSends("0123456789");
            MemorySegment four = MemorySegment.ofArray(new byte[4]);
            link.connection().receive(io, four);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesAvailable()).isEmpty();
            link.connection().receive(io.queryAvailable(true), four);
            assertThatThrownBy(io::bytesAvailable).isInstanceOf(IllegalStateException.class);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesAvailable()).hasValue(2);
            link.connection().awaitReadable(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesAvailable()).hasValue(2);
            link.connection().receive(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("89");
            assertThat(io.bytesAvailable()).hasValue(0);
            link.connection().send(io, four);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesAvailable()).isEmpty();
        }
    }

    @EachEngine
    @DisplayName("each packet of a continuous receive tells what is behind it")
    void shouldTellWhatIsBehindEachPacketOfAContinuousReceive(TestEngine engine) throws Exception {
        List<Integer> behind = new ArrayList<>();
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(io -> {
                    if (io.kind() == OperationKind.RECEIVE && io.status() == Status.OK) {
                        behind.add(io.bytesAvailable().orElseThrow());
                    }
                    packets.completed(io);
                })) {
            Link link = fixture.link(port, "key", ListenOptions.defaults().withReceiveBufferSize(16));
            byte[] data = new byte[64];
            link.connection().awaitReadable(new OverlappedIO());
            link.peerSends(data);
            packets.next();
            link.connection().receiveContinuously(new OverlappedIO().queryAvailable(true));
            packets.awaitThat(all -> all.stream().mapToLong(Packet::bytes).sum() == data.length);
            List<Packet> received = packets.all();
            long left = data.length;
            for (int i = 1; i < received.size(); i++) {
                left -= received.get(i).bytes();
                assertThat((long) behind.get(i - 1)).as("behind packet %d", i).isLessThanOrEqualTo(left);
            }
            assertThat(behind.getLast()).isZero();
        }
    }
}
