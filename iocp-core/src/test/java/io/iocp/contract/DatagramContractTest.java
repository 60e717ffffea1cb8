package io.iocp.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.DatagramHandle;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.linux.Libc;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.SocketOptions;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Datagrams: one for each operation, whole, with the address of whoever sent it. */
class DatagramContractTest {

    private static DatagramHandle open(CompletionPort port, String key) throws IOException {
        return open(port, key, DatagramOptions.defaults());
    }

    private static DatagramHandle open(CompletionPort port, String key, DatagramOptions options) throws IOException {
        DatagramHandle handle = port.openDatagram(PortFixture.anyPort(), options);
        port.associate(handle, key);
        return handle;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private static String text(OverlappedIO packet) {
        return US_ASCII.decode(packet.data()).toString();
    }

    /** The next packet of a receive; those of sends are looked at and left out. */
    private static OverlappedIO received(CompletionPort port) throws Exception {
        while (true) {
            OverlappedIO packet = port.poll(PortFixture.DEADLINE);
            assertThat(packet).as("the packet of a receive").isNotNull();
            if (packet.kind() == OperationKind.RECEIVE) {
                return packet;
            }
            assertThat(packet.status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("a datagram comes whole, with the address of its sender, which can be answered")
    void shouldAnswerTheSender(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle client = open(port, "client");
            assertThat(server.receive(new OverlappedIO())).isEqualTo(StartResult.PENDING);
            client.send(new OverlappedIO(), bytes("question"), server.localAddress());
            OverlappedIO question = received(port);
            assertThat(question.key()).isEqualTo("server");
            assertThat(question.status()).isEqualTo(Status.OK);
            assertThat(question.bytesTransferred()).isEqualTo(8);
            assertThat(text(question)).isEqualTo("question");
            assertThat(question.truncated()).isFalse();
            assertThat(question.peer()).isEqualTo(client.localAddress());

            client.receive(new OverlappedIO());
            server.send(new OverlappedIO(), bytes("answer"), question.peer());
            question.release();
            OverlappedIO answer = received(port);
            assertThat(text(answer)).isEqualTo("answer");
            assertThat(answer.peer()).isEqualTo(server.localAddress());
            answer.release();
        }
    }

    @EachEngine
    @DisplayName("several receives get the datagrams in their order, several sends go out in theirs")
    void shouldKeepTheOrderOfStarts(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle client = open(port, "client");
            for (int i = 0; i < 20; i++) {
                server.receive(new OverlappedIO(i), Arena.global().allocate(64));
            }
            for (int i = 0; i < 20; i++) {
                client.send(new OverlappedIO(i), bytes("number " + i), server.localAddress());
            }
            for (int i = 0; i < 20; i++) {
                OverlappedIO packet = received(port);
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.sequence()).isEqualTo(i);
                assertThat(text(packet)).isEqualTo("number " + i);
            }
        }
    }

    @EachEngine
    @DisplayName("what does not fit is lost and said to be, into memory of any kind; the next datagram is whole again")
    void shouldSayThatADatagramWasTruncated(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                Arena arena = Arena.ofShared()) {
            DatagramHandle server =
                    open(port, "server", DatagramOptions.defaults().withReceiveBufferSize(16));
            DatagramHandle client = open(port, "client");
            List<MemorySegment> kinds = new ArrayList<>();
            kinds.add(Arena.global().allocate(4));
            kinds.add(arena.allocate(4));
            kinds.add(MemorySegment.ofArray(new byte[4]));
            for (MemorySegment memory : kinds) {
                server.receive(new OverlappedIO(), memory);
                client.send(new OverlappedIO(), bytes("123456"), server.localAddress());
                OverlappedIO cut = received(port);
                assertThat(cut.status()).isEqualTo(Status.OK);
                assertThat(cut.bytesTransferred()).isEqualTo(4);
                assertThat(cut.truncated()).isTrue();
                assertThat(text(cut)).isEqualTo("1234");
                assertThat((char) memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 3))
                        .isEqualTo('4');
            }
            server.receive(new OverlappedIO());
            client.send(new OverlappedIO(), bytes("0123456789abcdefX"), server.localAddress());
            OverlappedIO cut = received(port);
            assertThat(cut.truncated()).isTrue();
            assertThat(text(cut)).isEqualTo("0123456789abcdef");
            cut.release();
            server.receive(new OverlappedIO());
            client.send(new OverlappedIO(), bytes("0123456789abcdef"), server.localAddress());
            OverlappedIO whole = received(port);
            assertThat(whole.truncated()).isFalse();
            assertThat(whole.bytesTransferred()).isEqualTo(16);
            whole.release();
        }
    }

    @EachEngine
    @DisplayName("a datagram without bytes is one: OK and 0 bytes, not the end of anything")
    void shouldDeliverADatagramWithoutBytes(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle client = open(port, "client");
            server.receive(new OverlappedIO());
            client.send(new OverlappedIO(), bytes(""), server.localAddress());
            OverlappedIO empty = received(port);
            assertThat(empty.status()).isEqualTo(Status.OK);
            assertThat(empty.bytesTransferred()).isZero();
            assertThat(empty.truncated()).isFalse();
            assertThat(empty.peer()).isEqualTo(client.localAddress());
            empty.release();
            server.receive(new OverlappedIO(), MemorySegment.ofArray(new byte[0]));
            client.send(new OverlappedIO(), bytes("x"), server.localAddress());
            OverlappedIO noRoom = received(port);
            assertThat(noRoom.status()).isEqualTo(Status.OK);
            assertThat(noRoom.truncated()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("the longest datagram comes whole; memory of every kind can be sent")
    void shouldSendTheLongestDatagram(TestEngine engine) throws Exception {
        byte[] longest = new byte[65_507];
        for (int i = 0; i < longest.length; i++) {
            longest[i] = (byte) (i * 31);
        }
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle client = open(port, "client");
            MemorySegment global = Arena.global().allocate(longest.length);
            MemorySegment.copy(MemorySegment.ofArray(longest), 0, global, 0, longest.length);
            for (int kind = 0; kind < 4; kind++) {
                server.receive(new OverlappedIO());
                OverlappedIO send = new OverlappedIO();
                switch (kind) {
                    case 0 -> client.send(send, global, server.localAddress());
                    case 1 -> client.send(send, MemorySegment.ofArray(longest), server.localAddress());
                    case 2 -> client.send(send, ByteBuffer.wrap(longest), server.localAddress());
                    default -> {
                        LeasedBuffer buffer = port.buffers().lease(longest.length);
                        buffer.length(longest.length);
                        buffer.data().put(longest);
                        client.send(send, buffer, server.localAddress());
                    }
                }
                OverlappedIO packet = received(port);
                assertThat(packet.bytesTransferred()).isEqualTo(longest.length);
                assertThat(packet.truncated()).isFalse();
                byte[] copy = new byte[longest.length];
                packet.data().get(copy);
                assertThat(Arrays.equals(copy, longest)).isTrue();
                packet.release();
            }
        }
    }

    @EachEngine
    @DisplayName("with a peer nothing comes from others, and nothing needs an address")
    void shouldTalkToOnePeerAlone(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle stranger = open(port, "stranger");
            DatagramHandle client =
                    open(port, "client", DatagramOptions.defaults().withPeer(server.localAddress()));
            assertThat(client.peer()).isEqualTo(server.localAddress());
            assertThat(stranger.peer()).isNull();
            client.receive(new OverlappedIO("client"));
            server.receive(new OverlappedIO("server"));

            stranger.send(new OverlappedIO(), bytes("ignored"), client.localAddress());
            client.send(new OverlappedIO(), bytes("hello"));
            OverlappedIO hello = received(port);
            assertThat(hello.attachment()).isEqualTo("server");
            assertThat(text(hello)).isEqualTo("hello");
            server.send(new OverlappedIO(), bytes("welcome"), hello.peer());
            hello.release();
            OverlappedIO welcome = received(port);
            assertThat(welcome.attachment()).isEqualTo("client");
            assertThat(text(welcome)).isEqualTo("welcome");
            assertThat(welcome.peer()).isEqualTo(server.localAddress());
            welcome.release();

            // The address of the peer may be named, no other.
            server.receive(new OverlappedIO());
            if (engine == TestEngine.NIO) {
                client.send(new OverlappedIO("empty"), bytes(""), server.localAddress());
                OverlappedIO unsent = port.poll(PortFixture.DEADLINE);
                while (!"empty".equals(unsent.attachment())) {
                    unsent = port.poll(PortFixture.DEADLINE);
                }
                assertThat(unsent.status()).as("the JDK cannot send it").isEqualTo(Status.IO_ERROR);
                client.send(new OverlappedIO(), bytes("x"), server.localAddress());
                assertThat(received(port).bytesTransferred()).isEqualTo(1);
            } else {
                client.send(new OverlappedIO(), bytes(""), server.localAddress());
                assertThat(received(port).bytesTransferred()).isZero();
            }
            SocketAddress other = stranger.localAddress();
            assertThatThrownBy(() -> client.send(new OverlappedIO(), bytes("x"), other))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("peer alone");
        }
    }

    @EachEngine
    @DisplayName("nobody at the peer's address: one operation ends REFUSED, and the handle works on")
    void shouldReportARefusalOnce(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle gone = open(port, "gone");
            InetSocketAddress address = (InetSocketAddress) gone.localAddress();
            gone.closeAndAwait();
            DatagramHandle client =
                    open(port, "client", DatagramOptions.defaults().withPeer(address));
            client.receive(new OverlappedIO());
            client.send(new OverlappedIO(), bytes("anybody?"));
            OverlappedIO refused = received(port);
            assertThat(refused.status()).isEqualTo(Status.REFUSED);
            assertThat(refused.nativeError()).isEqualTo(111);
            assertThat(refused.failure()).isInstanceOf(ConnectException.class);
            assertThatThrownBy(refused::peer).isInstanceOf(IllegalStateException.class);

            DatagramHandle back = port.openDatagram(address, DatagramOptions.defaults());
            port.associate(back, "back");
            back.receive(new OverlappedIO());
            client.send(new OverlappedIO(), bytes("now?"));
            OverlappedIO now = received(port);
            assertThat(now.status()).isEqualTo(Status.OK);
            assertThat(text(now)).isEqualTo("now?");
            client.receive(new OverlappedIO());
            back.send(new OverlappedIO(), bytes("yes"), now.peer());
            now.release();
            OverlappedIO yes = received(port);
            assertThat(text(yes)).isEqualTo("yes");
            yes.release();
        }
    }

    @EachEngine
    @DisplayName("a cancel, a timeout, a group and a close end receives, each with one packet, and lose no datagram")
    void shouldEndReceivesLikeAnyOther(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle server = open(port, "server");
            DatagramHandle client = open(port, "client");
            OverlappedIO first = new OverlappedIO("first");
            server.receive(first);
            server.receive(new OverlappedIO("grouped").groupId(7));
            assertThat(server.isPending(7)).isTrue();
            assertThat(server.cancel(7)).isEqualTo(1);
            assertThat(received(port).attachment()).isEqualTo("grouped");
            assertThat(first.cancel()).isTrue();
            assertThat(received(port).status()).isEqualTo(Status.CANCELLED);

            server.receive(new OverlappedIO().timeout(Duration.ofMillis(30)));
            assertThat(received(port).status()).isEqualTo(Status.TIMED_OUT);

            client.send(new OverlappedIO(), bytes("late"), server.localAddress());
            server.receive(new OverlappedIO());
            OverlappedIO late = received(port);
            assertThat(text(late)).isEqualTo("late");
            late.release();

            server.receive(new OverlappedIO());
            server.receive(new OverlappedIO(), Arena.global().allocate(8));
            server.closeAndAwait();
            assertThat(received(port).status()).isEqualTo(Status.HANDLE_CLOSED);
            assertThat(received(port).status()).isEqualTo(Status.HANDLE_CLOSED);
            assertThatThrownBy(() -> server.receive(new OverlappedIO())).isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> server.send(new OverlappedIO(), bytes("x"), client.localAddress()))
                    .isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("a handler answers in turn; the buffer is given back when it returns")
    void shouldServeWithAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {
                if (packet.kind() == OperationKind.RECEIVE && packet.status() == Status.OK) {
                    DatagramHandle handle = (DatagramHandle) packet.handle();
                    handle.send(new OverlappedIO(), packet.data(), packet.peer());
                    handle.receive(packet);
                }
            });
            DatagramHandle server = open(port, "server");
            server.receive(new OverlappedIO());
            Packets packets = new Packets();
            CompletionPort own = fixture.open(packets);
            DatagramHandle client = open(own, "client");
            for (int i = 0; i < 50; i++) {
                client.receive(new OverlappedIO());
                client.send(new OverlappedIO(), bytes("ping " + i), server.localAddress());
                String answer = "ping " + i;
                packets.awaitThat(all -> all.stream().anyMatch(p -> p.text().equals(answer)));
            }
        }
    }

    @EachEngine
    @DisplayName("each wrong use throws, says what to do, and nothing is posted")
    void shouldRefuseWrongUse(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle handle = open(port, "handle");
            InetSocketAddress own = (InetSocketAddress) handle.localAddress();
            assertThatThrownBy(() -> handle.send(new OverlappedIO(), ByteBuffer.allocate(65_508), own))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at most 65507 bytes")
                    .hasMessageContaining("several");
            assertThatThrownBy(
                            () -> handle.send(new OverlappedIO(), Arena.global().allocate(65_508), own))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> handle.send(new OverlappedIO(), bytes("x")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("withPeer");
            assertThatThrownBy(() -> handle.send(
                            new OverlappedIO(), bytes("x"), InetSocketAddress.createUnresolved("nowhere", 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("resolved");
            assertThatThrownBy(() -> handle.send(new OverlappedIO(), bytes("x"), UnixDomainSocketAddress.of("/tmp/x")))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> handle.send(
                            new OverlappedIO(), bytes("x"), new InetSocketAddress(InetAddress.ofLiteral("::1"), 9)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("IPv6");
            assertThatThrownBy(() -> handle.receive(new OverlappedIO().fillBuffer(true)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> handle.receive(
                            new OverlappedIO(), Arena.global().allocate(8).asReadOnly()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("writable");
            assertThatThrownBy(
                            () -> port.openDatagram(UnixDomainSocketAddress.of("/tmp/x"), DatagramOptions.defaults()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> port.openDatagram(own, DatagramOptions.defaults()))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(String.valueOf(own.getPort()));
            assertThatThrownBy(() -> DatagramOptions.defaults().withReceiveBufferSize(65_537))
                    .isInstanceOf(IllegalArgumentException.class);
            DatagramHandle alone = port.openDatagram(PortFixture.anyPort(), DatagramOptions.defaults());
            assertThatThrownBy(() -> alone.receive(new OverlappedIO()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("associate");
            alone.close();
            OverlappedIO busy = new OverlappedIO();
            handle.receive(busy);
            assertThatThrownBy(() -> handle.receive(busy)).isInstanceOf(IllegalStateException.class);
            assertThat(port.poll()).as("nothing was posted").isNull();
        }
    }

    @EachEngine
    @DisplayName("the IPv6 wildcard talks to both families, and an IPv4 sender has an IPv4 address")
    void shouldTalkToBothFamilies(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            DatagramHandle both = port.openDatagram(
                    new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 0), DatagramOptions.defaults());
            port.associate(both, "both");
            int number = ((InetSocketAddress) both.localAddress()).getPort();
            for (String host : List.of("127.0.0.1", "::1")) {
                InetAddress from = InetAddress.ofLiteral(host);
                DatagramHandle client = port.openDatagram(new InetSocketAddress(from, 0), DatagramOptions.defaults());
                port.associate(client, host);
                both.receive(new OverlappedIO());
                client.send(new OverlappedIO(), bytes(host), new InetSocketAddress(from, number));
                OverlappedIO packet = received(port);
                assertThat(text(packet)).isEqualTo(host);
                assertThat(packet.peer()).isEqualTo(client.localAddress());
                client.receive(new OverlappedIO());
                both.send(new OverlappedIO(), bytes("back"), packet.peer());
                packet.release();
                OverlappedIO back = received(port);
                assertThat(text(back)).isEqualTo("back");
                back.release();
                client.close();
            }
        }
    }

    @EachEngine(sockets = true)
    @DisplayName("another program's socket is served; the kernel's buffers are those that were asked for")
    void shouldServeAnotherSocket(TestEngine engine) throws Exception {
        SocketOptions options =
                SocketOptions.defaults().withReceiveBuffer(50_000).withSendBuffer(40_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                DatagramSocket socket = new DatagramSocket(PortFixture.anyPort())) {
            socket.setSoTimeout((int) PortFixture.DEADLINE.toMillis());
            DatagramHandle server =
                    open(port, "server", DatagramOptions.defaults().withSocket(options));
            KernelSocket kernel = KernelSocket.of("udp", server.localAddress(), null);
            kernel.has(Libc.SOL_SOCKET, Libc.SO_RCVBUF, 100_000);
            kernel.has(Libc.SOL_SOCKET, Libc.SO_SNDBUF, 80_000);
            kernel.has(Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 0);
            server.receive(new OverlappedIO());
            socket.send(new DatagramPacket("hi".getBytes(US_ASCII), 2, server.localAddress()));
            OverlappedIO packet = received(port);
            assertThat(text(packet)).isEqualTo("hi");
            server.send(new OverlappedIO(), bytes("ho"), packet.peer());
            packet.release();
            DatagramPacket answer = new DatagramPacket(new byte[8], 8);
            socket.receive(answer);
            assertThat(new String(answer.getData(), 0, answer.getLength(), US_ASCII))
                    .isEqualTo("ho");
            assertThat(answer.getSocketAddress()).isEqualTo(server.localAddress());
        }
    }
}
