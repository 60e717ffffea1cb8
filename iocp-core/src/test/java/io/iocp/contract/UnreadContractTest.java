package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;

/** Bytes that are put back, and received again. */
class UnreadContractTest {

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @EachEngine
    @DisplayName("what was put back is received before anything else, what was put back last first")
    void shouldReceiveAgainWhatWasPutBack(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            ByteBuffer behind = bytes("-world-").position(1).limit(6);
            connection.unread(behind);
            connection.unread(bytes("hello "));
            connection.unread(ByteBuffer.allocate(0));
            assertThat(behind.position()).isEqualTo(1);
            connection.receive(new OverlappedIO());
            assertThat(packets.next().text()).isEqualTo("hello world");
            connection.receive(new OverlappedIO());
            link.peerSends("!");
            assertThat(packets.next().text()).isEqualTo("!");
        }
    }

    @EachEngine
    @DisplayName(
            "receives into the caller's memory take what they have room for, and a full one is filled up by the peer")
    void shouldFillMemoryOfTheCaller(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.unread(bytes("abcdef"));
            MemorySegment four = MemorySegment.ofArray(new byte[4]);
            connection.receive(new OverlappedIO(), four);
            assertThat(packets.next().text()).isEqualTo("abcd");
            connection.receive(new OverlappedIO().fillBuffer(true), four);
            link.peerSends("ghi");
            assertThat(packets.next().text()).isEqualTo("efgh");
            connection.receive(new OverlappedIO());
            assertThat(packets.next().text()).isEqualTo("i");
        }
    }

    @EachEngine
    @DisplayName(
            "a continuous receive brings them first and goes on; cancelled at once it leaves or brings them, never loses them")
    void shouldReceiveContinuously(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.unread(bytes("first"));
            OverlappedIO continuous = new OverlappedIO();
            connection.receiveContinuously(continuous);
            assertThat(packets.next().text()).isEqualTo("first");
            link.peerSends("second");
            assertThat(packets.next().text()).isEqualTo("second");
            connection.cancelAll();
            assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);

            connection.unread(bytes("third"));
            connection.receiveContinuously(continuous);
            connection.cancelAll();
            Packet packet = packets.next();
            if (packet.status() == Status.OK) {
                assertThat(packet.text()).isEqualTo("third");
                assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);
            } else {
                assertThat(packet.status()).isEqualTo(Status.CANCELLED);
                connection.receive(new OverlappedIO());
                assertThat(packets.next().text()).isEqualTo("third");
            }
        }
    }

    @EachEngine
    @DisplayName("a handshake begins with what was received in plain text behind STARTTLS, however much of it that was")
    void shouldBecomeSecureWithBytesReceivedBefore(TestEngine engine) throws Exception {
        for (int cut : new int[] {1, 5, 60, Integer.MAX_VALUE}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                Link link = fixture.link(port, "key");
                Connection plain = link.connection();
                MemorySegment command = MemorySegment.ofArray(new byte[9]);
                plain.receive(new OverlappedIO().fillBuffer(true), command);
                TlsPeer peer = TlsPeer.client(link.peer(), TestCertificates.client());
                boolean[] first = {true};
                Beside<TlsPeer> far = Beside.run(() -> peer.handshake(flight -> {
                    if (first[0]) {
                        first[0] = false;
                        link.peerSends("STARTTLS\n");
                        int here = Math.min(cut, flight.length);
                        link.peerSends(Arrays.copyOf(flight, here));
                        begin(plain, here, packets);
                        link.peerSends(Arrays.copyOfRange(flight, here, flight.length));
                    } else {
                        link.peerSends(flight);
                    }
                }));
                far.end();
                Packet handshake = packets.next();
                assertThat(handshake.kind()).isEqualTo(OperationKind.TLS_HANDSHAKE);
                assertThat(handshake.status())
                        .as("%s", handshake.io().failure())
                        .isEqualTo(Status.OK);
                SecureConnection secure = (SecureConnection) handshake.io().connection();
                secure.receive(new OverlappedIO());
                peer.send("secret");
                assertThat(packets.next().text()).isEqualTo("secret");
            }
        }
    }

    /** Takes the command and {@code count} bytes behind it in plain text, and starts the handshake with those. */
    private static void begin(Connection plain, int count, Packets packets) throws java.io.IOException {
        try {
            assertThat(packets.next().text()).isEqualTo("STARTTLS\n");
            MemorySegment hello = MemorySegment.ofArray(new byte[count]);
            plain.receive(new OverlappedIO().fillBuffer(true), hello);
            assertThat(packets.next().bytes()).isEqualTo(count);
            plain.secure(Side.SERVER.options(), hello.asByteBuffer()).handshake(new OverlappedIO());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @EachEngine
    @DisplayName("what was put back and is no TLS ends the handshake; what nobody received goes with its connection")
    void shouldEndWithWhatIsNoTls(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            link.connection()
                    .secure(Side.SERVER.options(), bytes("GET / HTTP/1.1\r\n\r\n"))
                    .handshake(new OverlappedIO());
            assertThat(packets.next().status()).isEqualTo(Status.TLS_ERROR);

            Connection closed = fixture.link(port, "key").connection();
            closed.unread(bytes("for nobody"));
            closed.receive(new OverlappedIO());
            closed.close();
            assertThat(packets.next().status()).isIn(Status.OK, Status.HANDLE_CLOSED);
            assertThatThrownBy(() -> closed.unread(bytes("late"))).isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("a key that is replaced comes with the packets from then on")
    void shouldReplaceTheKey(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "before");
            link.connection().receive(new OverlappedIO());
            link.peerSends("a");
            assertThat(packets.next().key()).isEqualTo("before");
            link.connection().key("behind");
            link.connection().receive(new OverlappedIO());
            link.peerSends("b");
            assertThat(packets.next().key()).isEqualTo("behind");
        }
    }
}
