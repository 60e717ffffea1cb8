package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.ShutdownOutputException;
import io.iocp.TestEngine;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** The ends of connections: semantics 7.2 and 7.3, contract tests 87 to 90. */
class DisconnectContractTest {

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @EachEngine
    @DisplayName("87: a graceful disconnect ends the output behind what was sent; the input goes on")
    void shouldEndTheOutputOnly(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        byte[] large = new byte[3_000_000];
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.send(new OverlappedIO("send"), MemorySegment.ofArray(large));
            connection.disconnect(new OverlappedIO("disconnect"), DisconnectMode.GRACEFUL);
            assertThatThrownBy(() -> connection.send(new OverlappedIO(), text("late")))
                    .isInstanceOf(ShutdownOutputException.class);
            assertThat(link.peerReads(large.length)).isEqualTo(large);
            link.peerSeesEnd();
            List<Packets.Packet> ended = packets.next(2);
            assertThat(ended).extracting(Packets.Packet::attachment).containsExactly("send", "disconnect");
            assertThat(ended).allMatch(packet -> packet.status() == Status.OK);
            assertThat(ended.getLast().kind()).isEqualTo(OperationKind.DISCONNECT);
            assertThat(ended.getLast().bytes()).isZero();

            connection.receive(new OverlappedIO());
            link.peerSends("still");
            assertThat(packets.next().text()).isEqualTo("still");
            connection.disconnect(new OverlappedIO("again"), DisconnectMode.GRACEFUL);
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            link.peerFinishes();
            connection.receive(new OverlappedIO());
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName("89: a recycled handle is accepted into again: its key stays, its sequence begins anew")
    void shouldBeTheTargetOfAnAcceptAgain(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            Listener listener = fixture.listen(port, "listener");
            Connection connection = null;
            long id = 0;
            for (int i = 0; i < 20; i++) {
                if (connection == null) {
                    listener.accept(new OverlappedIO());
                } else {
                    listener.accept(new OverlappedIO(), connection);
                }
                Peer peer = fixture.connect(listener);
                Connection accepted = packets.next().accepted();
                if (connection == null) {
                    connection = accepted;
                    id = connection.id();
                    port.associate(connection, "kept");
                    connection.attachment("state");
                }
                assertThat(accepted).isSameAs(connection);
                assertThat(connection.id()).isEqualTo(id);
                assertThat(connection.key()).isEqualTo("kept");
                assertThat(connection.attachment()).isEqualTo("state");
                assertThat(connection.isConnected()).isTrue();
                assertThat(connection.remoteAddress()).isEqualTo(peer.localAddress());

                connection.receive(new OverlappedIO("receive"));
                peer.output().write('a' + i);
                Packets.Packet received = packets.next();
                assertThat(received.text()).isEqualTo(String.valueOf((char) ('a' + i)));
                assertThat(received.sequence()).isZero();
                assertThat(received.key()).isEqualTo("kept");
                connection.send(new OverlappedIO(), text("x"));
                assertThat(packets.next().sequence()).isZero();
                assertThat(peer.input().read()).isEqualTo('x');

                connection.disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
                assertThat(peer.input().read()).isEqualTo(-1);
                peer.output().write(new byte[1000]);
                peer.shutdownOutput();
                Packets.Packet recycled = packets.next();
                assertThat(recycled.attachment()).isEqualTo("recycle");
                assertThat(recycled.status()).isEqualTo(Status.OK);
                assertThat(recycled.bytes()).isEqualTo(1000);
                assertThat(connection.isConnected()).isFalse();
                assertThat(connection.isOpen()).isTrue();
                Connection free = connection;
                assertThatThrownBy(() -> free.receive(new OverlappedIO())).isInstanceOf(NotYetConnectedException.class);
            }
            assertThat(port.stats().inFlight().values()).allMatch(n -> n == 0);
        }
    }

    @EachEngine
    @DisplayName("a recycled handle is connected again, from this side or the other")
    void shouldBeConnectedAgain(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.disconnect(new OverlappedIO(), DisconnectMode.RECYCLE);
            link.peerFinishes();
            assertThat(packets.next().status()).isEqualTo(Status.OK);

            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            connection.connect(new OverlappedIO(), ConnectRequest.to(listener.localAddress()));
            assertThat(packets.next(2)).allMatch(packet -> packet.status() == Status.OK);
            assertThat(connection.remoteAddress()).isEqualTo(listener.localAddress());
        }
    }

    @EachEngine
    @DisplayName("receives that wait before a recycle get what comes; a continuous one ends")
    void shouldDeliverToReceivesThatWait(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO("single"));
            link.connection().disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
            link.peerSends("data");
            assertThat(packets.next().text()).isEqualTo("data");
            link.peerFinishes();
            assertThat(packets.next().attachment()).isEqualTo("recycle");

            Link other = fixture.link(port, "key");
            other.connection().receiveContinuously(new OverlappedIO("continuous"));
            other.peerSends("data");
            assertThat(packets.next().text()).isEqualTo("data");
            other.connection().disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
            assertThat(packets.next().attachment()).isEqualTo("continuous");
            other.peerFinishes();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName(
            "a peer that does not end its stream is reset when the time is over, or on a cancel; the handle is free")
    void shouldForceARecycle(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (boolean cancel : new boolean[] {true, false}) {
                Link link = fixture.link(port, "key");
                OverlappedIO receive = new OverlappedIO("receive");
                if (cancel) {
                    link.connection().receive(receive);
                }
                OverlappedIO recycle = new OverlappedIO("recycle");
                if (!cancel) {
                    recycle.timeout(Duration.ofMillis(20));
                }
                link.connection().disconnect(recycle, DisconnectMode.RECYCLE);
                if (cancel) {
                    // Its turn has come: a cancel before that would change nothing.
                    link.connection().post(new OverlappedIO("taken"), 0);
                    assertThat(packets.next().attachment()).isEqualTo("taken");
                    recycle.cancel();
                    assertThat(packets.next().status()).isEqualTo(Status.ABORTED);
                }
                assertThat(packets.next().status()).isEqualTo(cancel ? Status.CANCELLED : Status.TIMED_OUT);
                assertThat(link.connection().isConnected()).isFalse();
                Listener listener = fixture.listen(port, "listener");
                listener.accept(new OverlappedIO(), link.connection());
                Peer peer = fixture.connect(listener);
                assertThat(packets.next().accepted()).isSameAs(link.connection());
                link.connection().receive(receive);
                peer.output().write('y');
                assertThat(packets.next().text()).isEqualTo("y");
                listener.close();
            }
        }
    }

    @EachEngine
    @DisplayName("closing a handle that is being recycled ends that once")
    void shouldEndARecycleByAClose(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (int i = 0; i < 50; i++) {
                Link link = fixture.link(port, "key");
                link.connection().disconnect(new OverlappedIO(i), DisconnectMode.RECYCLE);
                if (i % 2 == 0) {
                    link.peerFinishes();
                }
                link.connection().closeAndAwait();
                Packets.Packet ended = packets.next();
                assertThat(ended.attachment()).isEqualTo(i);
                assertThat(ended.status()).isIn(Status.HANDLE_CLOSED, i % 2 == 0 ? Status.OK : Status.HANDLE_CLOSED);
            }
        }
    }

    @EachEngine
    @DisplayName("90: an abort is a reset for the peer; what is in flight ends with ABORTED, and the handle is closed")
    void shouldReset(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO("receive"));
            link.connection().disconnect(new OverlappedIO("abort"), DisconnectMode.ABORT);
            List<Packets.Packet> both = packets.next(2);
            assertThat(both)
                    .extracting(packet -> packet.attachment() + " " + packet.status())
                    .containsExactlyInAnyOrder("receive ABORTED", "abort OK");
            assertThat(link.connection().isOpen()).isFalse();
            assertThatThrownBy(() -> link.peer().input().read())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
    }
}
