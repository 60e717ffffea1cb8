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
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Accepts, one by one and continuous. */
class AcceptContractTest {

    @EachEngine
    @DisplayName(
            "74 and 36: an accept completes when a client connects, with the right addresses and the listener's key")
    void shouldCompleteAnAcceptWithTheAddressesOfBothEnds(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO io = new OverlappedIO("mine");
            listener.accept(io);
            assertThat(port.poll()).isNull();
            Peer peer = fixture.connect(listener);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.ACCEPT);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.key()).isEqualTo("listener");
            assertThat(io.handle()).isSameAs(listener);
            assertThat(io.attachment()).isEqualTo("mine");
            Connection connection = io.accepted();
            assertThat(connection.remoteAddress()).isEqualTo(peer.localAddress());
            assertThat(connection.localAddress()).isEqualTo(peer.remoteAddress());
            assertThat(connection.key()).isNull();
            port.associate(connection, "connection");
            // 36: the key of the accept stays the listener's, whatever the connection's is.
            assertThat(io.key()).isEqualTo("listener");
            assertThatThrownBy(() -> port.associate(connection, "again")).isInstanceOf(IllegalStateException.class);
            OverlappedIO receive = new OverlappedIO();
            connection.receive(receive);
            peer.output().write('x');
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
            assertThat(receive.key()).isEqualTo("connection");
        }
    }

    @EachEngine
    @DisplayName("74: a client that connected before the accept started is accepted")
    void shouldAcceptAClientThatConnectedBefore(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            Peer peer = fixture.connect(listener);
            OverlappedIO io = new OverlappedIO();
            listener.accept(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.accepted().remoteAddress()).isEqualTo(peer.localAddress());
            io.accepted().close();
            assertThat(peer.input().read()).isEqualTo(-1);
        }
    }

    @EachEngine
    @DisplayName("79: four accepts wait, four clients connect: completed in the order of the connects")
    void shouldCompleteAcceptsInTheOrderOfTheConnects(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            for (int i = 0; i < 4; i++) {
                listener.accept(new OverlappedIO(i));
            }
            List<Peer> peers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                peers.add(fixture.connect(listener));
            }
            for (int i = 0; i < 4; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.attachment()).isEqualTo(i);
                assertThat(io.sequence()).isEqualTo(i);
                assertThat(io.accepted().remoteAddress()).isEqualTo(peers.get(i).localAddress());
                io.accepted().close();
            }
        }
    }

    @EachEngine
    @DisplayName("82: a listener on the IPv6 wildcard accepts both families; addresses are as the peers see them")
    void shouldAcceptBothFamilies(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = port.listen(new InetSocketAddress("::", 0), ListenOptions.defaults(), "listener");
            int number = ((InetSocketAddress) listener.localAddress()).getPort();
            List<String> hosts = new ArrayList<>(List.of("127.0.0.1"));
            if (NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .anyMatch(a -> a instanceof Inet6Address && a.isLoopbackAddress())) {
                hosts.add("::1");
            }
            for (String host : hosts) {
                OverlappedIO io = new OverlappedIO();
                listener.accept(io);
                try (Peer peer = fixture.connect(new InetSocketAddress(host, number))) {
                    assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                    Connection connection = io.orThrow().accepted();
                    assertThat(connection.remoteAddress()).isEqualTo(peer.localAddress());
                    assertThat(connection.localAddress()).isEqualTo(peer.remoteAddress());
                    connection.close();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("121: clients that connect and reset before the accept are nobody's error, and the next is accepted")
    void shouldAcceptTheNextClientWhenOthersAreGone(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            for (int i = 0; i < 20; i++) {
                fixture.connect(listener).reset();
            }
            Peer good = fixture.connect(listener);
            good.output().write('x');
            OverlappedIO io = new OverlappedIO();
            boolean found = false;
            while (!found) {
                listener.accept(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.OK);
                found = io.accepted().remoteAddress().equals(good.localAddress());
                io.accepted().close();
            }
            assertThat(packets.size()).isZero();
        }
    }

    @EachEngine
    @DisplayName("a cancelled accept is CANCELLED, and the client that comes later meets the next accept")
    void shouldCancelAnAccept(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO io = new OverlappedIO();
            listener.accept(io);
            assertThat(io.cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.CANCELLED);
            assertThatThrownBy(io::accepted).isInstanceOf(IllegalStateException.class);
            Peer peer = fixture.connect(listener);
            listener.accept(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.accepted().remoteAddress()).isEqualTo(peer.localAddress());
            io.accepted().close();
        }
    }

    @EachEngine
    @DisplayName("a continuous accept brings every client, and a last packet when it is cancelled")
    void shouldAcceptContinuously(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO io = new OverlappedIO();
            listener.acceptContinuously(io);
            List<Peer> peers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                peers.add(fixture.connect(listener));
            }
            List<Packet> accepts = packets.next(100);
            for (int i = 0; i < 100; i++) {
                Packet packet = accepts.get(i);
                assertThat(packet.more()).isTrue();
                assertThat(packet.key()).isEqualTo("listener");
                Connection connection = java.util.Objects.requireNonNull(packet.accepted());
                assertThat(connection.remoteAddress()).isEqualTo(peers.get(i).localAddress());
                port.associate(connection, i);
                connection.send(new OverlappedIO(), StandardCharsets.US_ASCII.encode("hi"));
                assertThat(peers.get(i).input().readNBytes(2)).containsExactly('h', 'i');
                assertThat(packets.next().kind()).isEqualTo(OperationKind.SEND);
            }
            assertThat(io.isPending()).isTrue();
            assertThat(io.cancel()).isTrue();
            Packet last = packets.next();
            assertThat(last.io()).isSameAs(io);
            assertThat(last.more()).isFalse();
            assertThat(last.status()).isEqualTo(Status.CANCELLED);
            assertThat(last.accepted()).isNull();
            // A single accept works as well as a continuous one afterwards.
            listener.accept(io);
            fixture.connect(listener);
            Packet single = packets.next();
            assertThat(single.more()).isFalse();
            java.util.Objects.requireNonNull(single.accepted()).close();
            listener.acceptContinuously(io);
            listener.close();
            assertThat(packets.next().status()).isEqualTo(Status.HANDLE_CLOSED);
            fixture.end(port);
            assertThat(port.stats().connections()).isZero();
        }
    }

    @EachEngine
    @DisplayName("a single accept behind a continuous one ends it")
    void shouldEndAContinuousAcceptByASingleOne(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO continuous = new OverlappedIO("continuous");
            OverlappedIO single = new OverlappedIO("single");
            listener.acceptContinuously(continuous);
            listener.accept(single);
            Packet last = packets.next();
            assertThat(last.io()).isSameAs(continuous);
            assertThat(last.status()).isEqualTo(Status.CANCELLED);
            fixture.connect(listener);
            Packet packet = packets.next();
            assertThat(packet.io()).isSameAs(single);
            java.util.Objects.requireNonNull(packet.accepted()).close();
        }
    }

    @EachEngine
    @DisplayName("an address that is in use, or not of this machine, is named in the exception")
    void shouldNameTheAddressThatCannotBeBound(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            InetSocketAddress used =
                    (InetSocketAddress) fixture.listen(port, "first").localAddress();
            assertThatThrownBy(() -> port.openListener(used, ListenOptions.defaults()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(String.valueOf(used.getPort()));
            assertThatThrownBy(() -> port.openListener(new InetSocketAddress("192.0.2.1", 7), ListenOptions.defaults()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("192.0.2.1");
        }
    }

    @EachEngine
    @DisplayName("a handler that throws away an accepted connection by failing leaves none open")
    void shouldCloseAnAcceptedConnectionWhenTheHandlerFails(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packet -> {
                    throw new IllegalStateException("on purpose");
                })) {
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            Peer peer = fixture.connect(listener);
            assertThat(peer.input().read()).isEqualTo(-1);
            await().atMost(PortFixture.DEADLINE).until(() -> port.stats().handlerFailures() == 1);
        }
    }
}
