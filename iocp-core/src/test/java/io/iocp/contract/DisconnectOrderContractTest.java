package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Disconnects behind and in front of what else ends a connection. */
class DisconnectOrderContractTest {
    /** More than the kernel takes from a sender whose peer does not read. */
    private static final int LARGE = 30_000_000;

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void connectAgain(PortFixture fixture, CompletionPort port, Connection connection, Packets packets)
            throws Exception {
        Listener listener = fixture.listen(port, "listener");
        connection.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
        assertThat(packets.next().status()).isEqualTo(Status.OK);
        connection.send(new OverlappedIO("send"), text("x"));
        assertThat(packets.next().status()).isEqualTo(Status.OK);
    }

    @EachEngine
    @DisplayName("a graceful disconnect that ends while a recycle waits does not make the handle usable in between")
    void shouldRecycleBehindAGracefulDisconnect(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.disconnect(new OverlappedIO("graceful"), DisconnectMode.GRACEFUL);
            connection.disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
            assertThat(packets.next().attachment()).isEqualTo("graceful");
            assertThat(connection.isConnected()).isFalse();
            assertThatThrownBy(() -> connection.receive(new OverlappedIO()))
                    .isInstanceOf(NotYetConnectedException.class);
            link.peerFinishes();
            Packets.Packet recycle = packets.next();
            assertThat(recycle.attachment()).isEqualTo("recycle");
            assertThat(recycle.status()).isEqualTo(Status.OK);
            assertThat(connection.isConnected()).isFalse();
            connectAgain(fixture, port, connection, packets);
        }
    }

    @EachEngine
    @DisplayName("a recycle behind a send that shutdownOutput() ends: the peer sees the end of the stream")
    void shouldEndTheStreamThatIsBeingShutDown(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packet -> {
                    if (packet.attachment() instanceof Connection connection) {
                        connection.shutdownOutput();
                        connection.disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
                    } else {
                        packets.completed(packet);
                    }
                })) {
            Link link = fixture.link(port, "key");
            link.connection().send(new OverlappedIO("send"), MemorySegment.ofArray(new byte[LARGE]));
            link.peerReads(1);
            link.connection().post(new OverlappedIO(link.connection()), 0);
            Packets.Packet send = packets.next();
            assertThat(send.status()).isEqualTo(Status.SHUT_DOWN);
            link.peerReads((int) send.bytes() - 1);
            link.peerSeesEnd();
            link.peerFinishes();
            Packets.Packet recycle = packets.next();
            assertThat(recycle.attachment()).isEqualTo("recycle");
            assertThat(recycle.status()).isEqualTo(Status.OK);
            connectAgain(fixture, port, link.connection(), packets);
        }
    }

    @EachEngine
    @DisplayName("a forced recycle ends all receives in its way, not only the first")
    void shouldClearItsWay(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets);
                Arena arena = Arena.ofShared()) {
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO("fill").fillBuffer(true), arena.allocate(100));
            link.connection().receive(new OverlappedIO("second"));
            link.connection().receive(new OverlappedIO("third"));
            link.connection()
                    .disconnect(new OverlappedIO("recycle").timeout(Duration.ofMillis(20)), DisconnectMode.RECYCLE);
            List<Packets.Packet> all = packets.next(4);
            assertThat(all)
                    .extracting(packet -> packet.attachment() + " " + packet.status())
                    .containsExactly("fill ABORTED", "second ABORTED", "third ABORTED", "recycle TIMED_OUT");
            connectAgain(fixture, port, link.connection(), packets);
        }
    }

    @EachEngine
    @DisplayName("a graceful disconnect that is cancelled before its turn has changed nothing")
    void shouldGoOnSendingAfterACancelledDisconnect(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            link.connection().send(new OverlappedIO("send"), MemorySegment.ofArray(new byte[LARGE]));
            OverlappedIO disconnect = new OverlappedIO("disconnect");
            link.connection().disconnect(disconnect, DisconnectMode.GRACEFUL);
            assertThat(disconnect.cancel()).isTrue();
            assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);
            link.connection().send(new OverlappedIO("behind"), text("x"));
            link.peerReads(LARGE);
            assertThat(link.peerReadsText(1)).isEqualTo("x");
            assertThat(packets.next(2)).allMatch(packet -> packet.status() == Status.OK);
        }
    }
}
