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
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;

/** Connections that the port makes itself: semantics 7.1, contract tests 46 and 83 to 86. */
class ConnectContractTest {

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static Connection unconnected(CompletionPort port, Object key) {
        Connection connection = port.openConnection(ConnectionOptions.defaults());
        port.associate(connection, key);
        return connection;
    }

    @EachEngine
    @DisplayName("a connect brings a connection with its addresses, over which both sides can talk")
    void shouldConnect(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO("accept"));
            Connection near = unconnected(port, "near");
            assertThat(near.isConnected()).isFalse();

            near.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
            List<Packets.Packet> both = packets.next(2);
            Packets.Packet connect = of("connect", both);
            Connection far = of("accept", both).accepted();

            assertThat(connect.kind()).isEqualTo(OperationKind.CONNECT);
            assertThat(connect.status()).isEqualTo(Status.OK);
            assertThat(connect.bytes()).isZero();
            assertThat(connect.key()).isEqualTo("near");
            assertThat(near.isConnected()).isTrue();
            assertThat(near.remoteAddress()).isEqualTo(listener.localAddress());
            assertThat(near.localAddress()).isEqualTo(far.remoteAddress());

            port.associate(far, "far");
            receiveAll(far, 4);
            near.send(new OverlappedIO(), text("ping"));
            List<Packets.Packet> exchanged = packets.next(2);
            assertThat(exchanged).extracting(Packets.Packet::text).contains("ping");
            receiveAll(near, 4);
            far.send(new OverlappedIO(), text("pong"));
            assertThat(packets.next(2)).extracting(Packets.Packet::text).contains("pong");
        }
    }

    @EachEngine
    @DisplayName("83: the first bytes go out with the connect, and its packet counts them")
    void shouldSendTheFirstBytes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO("accept"));
            Connection near = unconnected(port, "near");
            OverlappedIO connect = new OverlappedIO("connect");
            near.connect(connect, ConnectRequest.to(listener.localAddress()).with(text("hello")));

            List<Packets.Packet> both = packets.next(2);
            assertThat(of("connect", both).status()).isEqualTo(Status.OK);
            assertThat(of("connect", both).bytes()).isEqualTo(5);
            Connection far = of("accept", both).accepted();
            port.associate(far, "far");
            receiveAll(far, 5);
            assertThat(packets.next().text()).isEqualTo("hello");

            // The data belongs to one start only.
            near.disconnect(new OverlappedIO(), DisconnectMode.RECYCLE);
            far.disconnect(new OverlappedIO(), DisconnectMode.RECYCLE);
            packets.next(2);
            listener.accept(new OverlappedIO("accept"));
            near.connect(connect, ConnectRequest.to(listener.localAddress()));
            assertThat(of("connect", packets.next(2)).bytes()).isZero();
        }
    }

    @EachEngine
    @DisplayName("84: nobody listens: REFUSED, nothing is sent, and the handle can be connected again")
    void shouldBeRefused(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener gone = fixture.listen(port, "gone");
            SocketAddress nobody = gone.localAddress();
            gone.closeAndAwait();
            Connection near = unconnected(port, "near");
            for (int i = 0; i < 3; i++) {
                OverlappedIO connect = new OverlappedIO("connect");
                near.connect(connect, ConnectRequest.to(nobody).with(text("lost")));
                Packets.Packet refused = packets.next();
                assertThat(refused.status()).isEqualTo(Status.REFUSED);
                assertThat(refused.bytes()).isZero();
                assertThat(connect.failure())
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("refused");
                assertThat(near.isConnected()).isFalse();
            }
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO("accept"));
            near.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
            assertThat(of("connect", packets.next(2)).status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("85: a full backlog lets the time run out; the handle can be connected elsewhere")
    void shouldTimeOut(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener full =
                    port.listen(PortFixture.anyPort(), ListenOptions.defaults().withBacklog(1), "full");
            Connection near = null;
            // Linux lets one or two more in than the backlog says.
            for (int i = 0; i < 8 && near == null; i++) {
                Connection next = unconnected(port, "near");
                next.connect(
                        new OverlappedIO().timeout(Duration.ofMillis(200)), ConnectRequest.to(full.localAddress()));
                if (packets.next().status() == Status.TIMED_OUT) {
                    near = next;
                }
            }
            assertThat(near).as("one that found the backlog full").isNotNull();
            assertThat(near.isConnected()).isFalse();

            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO("accept"));
            near.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
            assertThat(of("connect", packets.next(2)).status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("86, 46: what needs another state is thrown, and posts nothing")
    void shouldRefuseWhatTheStateForbids(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            Connection loose = port.openConnection(ConnectionOptions.defaults());
            assertThatThrownBy(() -> loose.connect(new OverlappedIO(), ConnectRequest.to(listener.localAddress())))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("associate");
            loose.close();

            Connection near = unconnected(port, "near");
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> near.receive(io))
                    .isInstanceOf(NotYetConnectedException.class)
                    .hasMessageContaining("connect()");
            assertThatThrownBy(() -> near.send(io, text("x"))).isInstanceOf(NotYetConnectedException.class);
            assertThatThrownBy(near::shutdownOutput).isInstanceOf(NotYetConnectedException.class);
            for (DisconnectMode mode : DisconnectMode.values()) {
                assertThatThrownBy(() -> near.disconnect(io, mode)).isInstanceOf(NotYetConnectedException.class);
            }
            assertThatThrownBy(
                            () -> near.connect(io, ConnectRequest.to(InetSocketAddress.createUnresolved("nowhere", 1))))
                    .isInstanceOf(UnresolvedAddressException.class);

            ConnectRequest there = ConnectRequest.to(listener.localAddress());
            near.connect(new OverlappedIO("connect"), there);
            assertThatThrownBy(() -> near.connect(io, there))
                    .isInstanceOfAny(ConnectionPendingException.class, AlreadyConnectedException.class);
            packets.next();
            assertThatThrownBy(() -> near.connect(io, there))
                    .isInstanceOf(AlreadyConnectedException.class)
                    .hasMessageContaining("RECYCLE");
            near.closeAndAwait();
            assertThatThrownBy(() -> near.connect(io, there)).isInstanceOf(ClosedChannelException.class);
            assertThat(io.isPending()).isFalse();
            port.post(null, "last");
            assertThat(packets.next().attachment()).isEqualTo("last");
        }
    }

    @EachEngine
    @DisplayName("what fails within the start leaves the packet and the handle as they were")
    void shouldLeaveNothingBehindWhereTheStartFails(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            Connection near = unconnected(port, "near");
            OverlappedIO io = new OverlappedIO("connect");
            ConnectRequest there = ConnectRequest.to(listener.localAddress());

            MemorySegment freed;
            try (Arena arena = Arena.ofShared()) {
                freed = arena.allocate(8);
            }
            assertThatThrownBy(() -> near.connect(io, there.with(freed))).isInstanceOf(IllegalStateException.class);
            assertThat(io.isPending()).isFalse();

            SocketAddress path = UnixDomainSocketAddress.of("/nowhere");
            SocketAddress six = new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 1);
            for (SocketAddress other : List.of(path, six)) {
                assertThatThrownBy(() -> near.connect(io, there.from(other)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(other.toString());
                assertThat(io.isPending()).isFalse();
            }
            io.deliverToFuture(true);
            near.connect(io, there);
            io.future().get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> near.connect(io, there)).isInstanceOf(AlreadyConnectedException.class);
            assertThatThrownBy(io::future).isInstanceOf(IllegalStateException.class);
        }
    }

    @EachEngine
    @DisplayName("the local address can be chosen, and one that is in use is told of")
    void shouldBindTheLocalAddress(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            Listener other = fixture.listen(port, "other");
            Connection near = unconnected(port, "near");
            near.connect(
                    new OverlappedIO(),
                    ConnectRequest.to(listener.localAddress()).from(other.localAddress()));
            Packets.Packet inUse = packets.next();
            assertThat(inUse.status()).isEqualTo(Status.ADDRESS_UNAVAILABLE);
            assertThat(inUse.io().failure()).isInstanceOf(java.net.BindException.class);

            near.connect(
                    new OverlappedIO(),
                    ConnectRequest.to(listener.localAddress()).from(PortFixture.anyPort()));
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            assertThat(((InetSocketAddress) near.localAddress()).getAddress())
                    .isEqualTo(PortFixture.anyPort().getAddress());
        }
    }

    @EachEngine
    @DisplayName(
            "a connect that is cancelled, or whose handle or port is closed, ends once; the handle of the first goes on")
    void shouldEndOnceWhateverComes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            for (int i = 0; i < 200; i++) {
                Connection near = unconnected(port, i);
                OverlappedIO connect = new OverlappedIO(i);
                near.connect(connect, ConnectRequest.to(listener.localAddress()).with(text("data")));
                if (i % 2 == 0) {
                    connect.cancel();
                } else {
                    near.close();
                }
                Packets.Packet packet = packets.next();
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.status()).isIn(Status.OK, i % 2 == 0 ? Status.CANCELLED : Status.HANDLE_CLOSED);
                if (i % 2 == 0 && !near.isConnected()) {
                    near.connect(connect, ConnectRequest.to(listener.localAddress()));
                    assertThat(packets.next().status()).isEqualTo(Status.OK);
                }
                near.close();
                // What has come in is taken out of the backlog, so that it never is full.
                OverlappedIO accept = new OverlappedIO("accept").timeout(Duration.ofMillis(i % 2 == 0 ? 500 : 1));
                listener.accept(accept);
                Packets.Packet accepted = packets.next();
                if (accepted.accepted() != null) {
                    accepted.accepted().close();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("many connects at once each get their packet, and as many are accepted")
    void shouldConnectManyAtOnce(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.acceptContinuously(new OverlappedIO("accept"));
            for (int i = 0; i < 100; i++) {
                unconnected(port, i).connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
            }
            List<Packets.Packet> all = packets.next(200);
            assertThat(all).allMatch(packet -> packet.status() == Status.OK);
            assertThat(all)
                    .filteredOn(packet -> packet.kind() == OperationKind.CONNECT)
                    .hasSize(100);
        }
    }

    /** In one packet, however the bytes are split on their way. */
    private static void receiveAll(Connection connection, int bytes) throws ClosedChannelException {
        connection.receive(new OverlappedIO().fillBuffer(true), MemorySegment.ofArray(new byte[bytes]));
    }

    private static Packets.Packet of(String attachment, List<Packets.Packet> packets) {
        return packets.stream()
                .filter(packet -> attachment.equals(packet.attachment()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no packet of " + attachment + " in " + packets));
    }
}
