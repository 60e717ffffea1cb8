package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectRequest;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.SecureConnection;
import io.iocp.ShutdownOutputException;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.TlsOptions;
import io.iocp.TransmitFileRequest;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TransmitFlag;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** The ends of TLS connections, in good order and not: semantics 5 and 7.2, contract test 109. */
class TlsEndContractTest {
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    @TempDir
    private Path directory;

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static SSLException tlsError(Packet packet) {
        assertThat(packet.status()).as("%s", packet.io().failure()).isEqualTo(Status.TLS_ERROR);
        assertThat(packet.io().failure()).isInstanceOf(SSLException.class);
        return (SSLException) packet.io().failure();
    }

    // ---- the peer's end

    @EachEngine
    @DisplayName(
            "109: close_notify is EOF, and EOF again, whatever receives; also when the connection beneath ends then")
    void shouldReportTheEndOfTheStreamEveryTime(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            for (String protocol : PROTOCOLS) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecureLink link = SecureLink.open(fixture, port, packets, side, protocol);
                    link.peer().send("last");
                    link.peer().finish();
                    OverlappedIO io = new OverlappedIO();
                    link.connection().receive(io);
                    assertThat(packets.next().text()).isEqualTo("last");
                    for (int i = 0; i < 3; i++) {
                        link.connection().receive(io);
                        Packet packet = packets.next();
                        assertThat(packet.status()).isEqualTo(Status.EOF);
                        assertThat(packet.kind()).isEqualTo(OperationKind.TLS_RECEIVE);
                        assertThat(packet.bytes()).isZero();
                        assertThat(io.failure()).isNull();
                        if (i == 1) {
                            link.peer().peer().shutdownOutput();
                        }
                    }
                    link.connection().receive(io, MemorySegment.ofArray(new byte[5]));
                    assertThat(packets.next().status()).isEqualTo(Status.EOF);
                    link.connection().awaitReadable(io);
                    assertThat(packets.next().status()).isEqualTo(Status.OK);
                    link.connection().receiveContinuously(io);
                    Packet last = packets.next();
                    assertThat(last.status()).isEqualTo(Status.EOF);
                    assertThat(last.more()).isFalse();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("109: a continuous receive ends with EOF at the close_notify that comes while it waits")
    void shouldEndAContinuousReceive(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receiveContinuously(new OverlappedIO());
            link.peer().send("data");
            assertThat(packets.next().text()).isEqualTo("data");
            link.peer().finish();
            Packet last = packets.next();
            assertThat(last.status()).isEqualTo(Status.EOF);
            assertThat(last.more()).isFalse();
        }
    }

    @EachEngine
    @DisplayName("109: the end of the connection beneath without close_notify is TLS_ERROR behind the data, every time")
    void shouldReportATruncatedStream(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, protocol);
                link.peer().send("data");
                link.peer().peer().shutdownOutput();
                link.connection().receive(new OverlappedIO());
                assertThat(packets.next().text()).isEqualTo("data");
                for (int i = 0; i < 3; i++) {
                    link.connection().receive(new OverlappedIO());
                    Packet packet = packets.next();
                    assertThat(packet.bytes()).isZero();
                    tlsError(packet);
                }
                link.connection().receiveContinuously(new OverlappedIO());
                tlsError(packets.next());
            }
        }
    }

    @EachEngine
    @DisplayName(
            "109: a truncated stream in the middle of a record, of a buffer to be filled, under a continuous receive")
    void shouldReportATruncationWhereverItIs(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink record = SecureLink.open(fixture, port, packets);
            byte[] sealed = record.peer().sealed(new byte[100]);
            record.connection().receive(new OverlappedIO());
            record.peer().peer().output().write(sealed, 0, 50);
            record.peer().peer().shutdownOutput();
            tlsError(packets.next());

            SecureLink filled = SecureLink.open(fixture, port, packets);
            filled.connection().receive(new OverlappedIO().fillBuffer(true), MemorySegment.ofArray(new byte[10]));
            filled.peer().send("four");
            filled.peer().peer().shutdownOutput();
            Packet packet = packets.next();
            tlsError(packet);
            assertThat(packet.text()).as("what came before is there").isEqualTo("four");

            SecureLink continuous = SecureLink.open(fixture, port, packets);
            continuous.connection().receiveContinuously(new OverlappedIO());
            continuous.peer().send("four");
            assertThat(packets.next().text()).isEqualTo("four");
            continuous.peer().peer().shutdownOutput();
            Packet last = packets.next();
            tlsError(last);
            assertThat(last.more()).isFalse();

            SecureLink readable = SecureLink.open(fixture, port, packets);
            readable.connection().awaitReadable(new OverlappedIO());
            readable.peer().peer().shutdownOutput();
            assertThat(packets.next().status()).as("a receive would not wait").isIn(Status.OK, Status.TLS_ERROR);
            readable.connection().receive(new OverlappedIO());
            tlsError(packets.next());
        }
    }

    @EachEngine
    @DisplayName("109: where truncation is allowed it is EOF, and a record that is cut in two is not")
    void shouldAllowTruncation(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            for (boolean within : new boolean[] {false, true}) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecureLink link = SecureLink.open(
                            fixture,
                            port,
                            packets,
                            Side.SERVER,
                            Side.SERVER.options().withTruncationAllowed(true),
                            protocol);
                    link.peer().send("data");
                    if (within) {
                        byte[] record = link.peer().sealed(new byte[100]);
                        link.peer().peer().output().write(record, 0, 20);
                    }
                    link.peer().peer().shutdownOutput();
                    link.connection().receive(new OverlappedIO());
                    assertThat(packets.next().text()).isEqualTo("data");
                    for (int i = 0; i < 2; i++) {
                        link.connection().receive(new OverlappedIO());
                        Packet packet = packets.next();
                        if (within) {
                            assertThat(packet.status()).isIn(Status.TLS_ERROR, Status.EOF);
                        } else {
                            assertThat(packet.status()).isEqualTo(Status.EOF);
                        }
                    }
                    if (!within) {
                        link.connection().send(new OverlappedIO(), text("bye"));
                        assertThat(packets.next().status()).isEqualTo(Status.OK);
                        assertThat(link.peer().readText(3)).isEqualTo("bye");
                    }
                }
            }
        }
    }

    @EachEngine
    @DisplayName("half-closed by the peer with TLS 1.3, a connection sends on")
    void shouldSendAfterThePeersEnd(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        byte[] data = new byte[2_000_000];
        new Random(13).nextBytes(data);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (Side side : Side.values()) {
                SecureLink link = SecureLink.open(fixture, port, packets, side);
                link.peer().finish();
                link.connection().receive(new OverlappedIO());
                assertThat(packets.next().status()).isEqualTo(Status.EOF);
                link.connection().send(new OverlappedIO(), MemorySegment.ofArray(data));
                assertThat(link.peer().read(data.length)).isEqualTo(data);
                assertThat(packets.next().status()).isEqualTo(Status.OK);
                link.connection().disconnect(new OverlappedIO(), DisconnectMode.GRACEFUL);
                link.peer().seesEnd();
                assertThat(packets.next().status()).isEqualTo(Status.OK);
            }
        }
    }

    @EachEngine
    @DisplayName(
            "with TLS 1.2 the peer's end ends both directions: what is sent afterwards is told so, and never lost silently")
    void shouldNotSendAfterThePeersEndWithTls12(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, "TLSv1.2");
            link.peer().finish();
            link.connection().receive(new OverlappedIO());
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
            link.connection().send(new OverlappedIO(), text("late"));
            Packet packet = packets.next();
            if (packet.status() == Status.OK) {
                assertThat(link.peer().readText(4)).isEqualTo("late");
            } else {
                assertThat(packet.status()).isIn(Status.TLS_ERROR, Status.SHUT_DOWN);
                assertThat(packet.bytes()).isZero();
            }
        }
    }

    @EachEngine
    @DisplayName(
            "a record that was changed on its way is TLS_ERROR; the peer gets an alert, nothing can be received any more")
    void shouldRefuseAChangedRecord(TestEngine engine) throws Exception {
        for (String protocol : PROTOCOLS) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, protocol);
                link.peer().send("good");
                byte[] record = link.peer().sealed("bad".getBytes(StandardCharsets.ISO_8859_1));
                record[record.length - 1] ^= 1;
                link.peer().peer().output().write(record);
                link.connection().receive(new OverlappedIO());
                assertThat(packets.next().text()).isEqualTo("good");
                for (int i = 0; i < 2; i++) {
                    link.connection().receive(new OverlappedIO());
                    Packet packet = packets.next();
                    assertThat(packet.bytes()).isZero();
                    assertThat(tlsError(packet)).hasCauseInstanceOf(SSLException.class);
                }
                link.peer().seesAlert();
                link.connection().send(new OverlappedIO(), text("never"));
                tlsError(packets.next());
            }
        }
    }

    @EachEngine
    @DisplayName("plain text in the middle of a session is TLS_ERROR")
    void shouldRefusePlainText(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receiveContinuously(new OverlappedIO());
            link.peer().peer().output().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Packet packet = packets.next();
            tlsError(packet);
            assertThat(packet.more()).isFalse();
        }
    }

    @EachEngine
    @DisplayName(
            "a peer that wants to renegotiate, as only TLS 1.2 can, is refused: TLS_ERROR, and an end for the peer")
    void shouldRefuseToRenegotiate(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, side, "TLSv1.2");
                link.connection().receive(new OverlappedIO());
                Beside<Boolean> far = Beside.run(() -> {
                    try {
                        link.peer().handshake();
                        return true;
                    } catch (IOException refused) {
                        return false;
                    }
                });
                Packet packet = packets.next();
                tlsError(packet);
                link.connection().close();
                assertThat(far.end()).isFalse();
            }
        }
    }

    @EachEngine
    @DisplayName("a reset is RESET for what waits, and for what comes later, in both directions")
    void shouldReportAReset(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receive(new OverlappedIO());
            link.connection().receive(new OverlappedIO());
            link.peer().peer().reset();
            assertThat(packets.next(2)).allMatch(packet -> packet.status() == Status.RESET);
            link.connection().send(new OverlappedIO(), text("x"));
            assertThat(packets.next().status()).isEqualTo(Status.RESET);
        }
    }

    // ---- this side's end

    @EachEngine
    @DisplayName("a graceful disconnect sends close_notify behind what was sent; the input goes on")
    void shouldEndTheOutputOnly(TestEngine engine) throws Exception {
        byte[] large = new byte[3_000_000];
        new Random(14).nextBytes(large);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (Side side : Side.values()) {
                SecureLink link = SecureLink.open(fixture, port, packets, side);
                SecureConnection connection = link.connection();
                connection.send(new OverlappedIO("send"), MemorySegment.ofArray(large));
                connection.disconnect(new OverlappedIO("disconnect"), DisconnectMode.GRACEFUL);
                assertThatThrownBy(() -> connection.send(new OverlappedIO(), text("late")))
                        .isInstanceOf(ShutdownOutputException.class);
                assertThat(link.peer().read(large.length)).isEqualTo(large);
                link.peer().seesEnd();
                assertThat(link.peer().peer().input().read())
                        .as("the end of the connection beneath")
                        .isEqualTo(-1);
                List<Packet> ended = packets.next(2);
                assertThat(ended).extracting(Packet::attachment).containsExactly("send", "disconnect");
                assertThat(ended).allMatch(packet -> packet.status() == Status.OK);
                connection.receive(new OverlappedIO());
                link.peer().send("still");
                assertThat(packets.next().text()).isEqualTo("still");
                connection.disconnect(new OverlappedIO("again"), DisconnectMode.GRACEFUL);
                assertThat(packets.next().status()).isEqualTo(Status.OK);
                link.peer().finish();
                connection.receive(new OverlappedIO());
                assertThat(packets.next().status()).isEqualTo(Status.EOF);
            }
        }
    }

    @EachEngine
    @DisplayName(
            "a disconnect has ended when its close_notify is sent: who closes then cuts nothing off, however slow the peer")
    void shouldFlushBeforeItSaysSo(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packet -> {
                    packets.completed(packet);
                    if (packet.kind() == OperationKind.DISCONNECT) {
                        packet.connection().close();
                    }
                })) {
            for (int round = 0; round < 20; round++) {
                // Up to more than fits into all socket buffers, so that there is no room for the last record now and
                // then.
                byte[] data = new byte[round * 400_000];
                // TLS 1.2, in which the peer has no new keys to answer, so that it never sends.
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, "TLSv1.2");
                link.connection().send(new OverlappedIO("send"), MemorySegment.ofArray(data));
                link.connection().disconnect(new OverlappedIO("disconnect"), DisconnectMode.GRACEFUL);
                assertThat(link.peer().read(data.length)).isEqualTo(data);
                link.peer().seesEnd();
                assertThat(packets.next(2)).extracting(Packet::attachment).containsExactly("send", "disconnect");
            }
        }
    }

    @EachEngine
    @DisplayName("after its own end a connection takes new keys without an answer, and data that comes behind them")
    void shouldTakeNewKeysAfterItsOwnEnd(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets, Side.CLIENT);
            // Made before the peer knows of the end: the JDK renews no keys afterwards.
            byte[] update = link.peer().sealedKeyUpdate();
            byte[] data = link.peer().sealed("still".getBytes(StandardCharsets.ISO_8859_1));
            link.connection().disconnect(new OverlappedIO(), DisconnectMode.GRACEFUL);
            link.peer().seesEnd();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            link.connection().receive(new OverlappedIO());
            link.peer().peer().output().write(update);
            link.peer().peer().output().write(data);
            assertThat(packets.next().text()).isEqualTo("still");
        }
    }

    @EachEngine
    @DisplayName("shutting down the output sends close_notify")
    void shouldAnnounceAShutdown(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().send(new OverlappedIO(), text("last"));
            assertThat(packets.next().status()).isEqualTo(Status.OK);
            link.connection().shutdownOutput();
            assertThat(link.peer().readText(4)).isEqualTo("last");
            link.peer().seesEnd();
            link.connection().receive(new OverlappedIO());
            link.peer().send("answer");
            assertThat(packets.next().text()).isEqualTo("answer");
        }
    }

    @EachEngine
    @DisplayName("closing an idle connection announces it: the peer sees the end of a whole stream")
    void shouldAnnounceAClose(TestEngine engine) throws Exception {
        for (Side side : Side.values()) {
            for (String protocol : PROTOCOLS) {
                Packets packets = new Packets();
                try (PortFixture fixture = PortFixture.withoutDelays(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecureLink link = SecureLink.open(fixture, port, packets, side, protocol);
                    link.connection().send(new OverlappedIO(), text("last"));
                    assertThat(packets.next().status()).isEqualTo(Status.OK);
                    link.connection().closeAndAwait();
                    assertThat(link.peer().readText(4)).isEqualTo("last");
                    link.peer().seesEnd();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("a close ends what is in flight with HANDLE_CLOSED, and never waits for a peer that does not read")
    void shouldEndWhatIsInFlight(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (Side side : Side.values()) {
                SecureLink link = SecureLink.open(fixture, port, packets, side);
                link.connection().receive(new OverlappedIO());
                link.connection().receiveContinuously(new OverlappedIO());
                link.connection().send(new OverlappedIO(), Arena.global().allocate(32 << 20));
                link.connection().send(new OverlappedIO(), text("never"));
                link.peer().read(1);
                link.connection().closeAndAwait();
                assertThat(packets.next(4)).allMatch(packet -> packet.status() == Status.HANDLE_CLOSED);
                // The record that is cut in two, or the reset, is not to be taken for an end.
                assertThatThrownBy(() -> link.peer().read(32 << 20)).isInstanceOf(IOException.class);
            }
        }
    }

    @EachEngine
    @DisplayName("closes race with data in both directions: one packet for each start, and nothing is left")
    void shouldCloseUnderData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        SSLContext server = TestCertificates.server();
        SSLContext client = TestCertificates.client();
        Random random = new Random(68);
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            int rounds = 60;
            for (int round = 0; round < rounds; round++) {
                Link plain = fixture.link(port, round);
                SecureLink link =
                        SecureLink.of(plain, TlsOptions.server(server), TlsPeer.client(plain.peer(), client), packets);
                link.connection().receive(new OverlappedIO());
                link.connection().receive(new OverlappedIO());
                link.connection().send(new OverlappedIO(), MemorySegment.ofArray(new byte[random.nextInt(300_000)]));
                link.connection().send(new OverlappedIO(), text("x"));
                Beside<Boolean> far = Beside.run(() -> {
                    try {
                        link.peer().send(new byte[20]);
                        link.peer().updateKeys();
                        link.peer().read(400_000);
                    } catch (IOException | AssertionError end) {
                        // It is closed in the middle of something, or behind everything.
                        return false;
                    }
                    return true;
                });
                LockSupport.parkNanos(random.nextInt(2_000_000));
                link.connection().close();
                assertThat(packets.next(4))
                        .allMatch(packet -> packet.status() == Status.OK || packet.status() == Status.HANDLE_CLOSED);
                assertThat(far.end()).isFalse();
            }
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(5 * rounds);
        }
    }

    @EachEngine
    @DisplayName("closing the port under TLS connections that send and receive gives all memory back")
    void shouldCloseThePortUnderData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            List<SecureLink> links = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                links.add(SecureLink.open(fixture, port, packets, i % 2 == 0 ? Side.SERVER : Side.CLIENT));
            }
            for (int i = 0; i < 10; i++) {
                SecureLink link = links.get(i);
                if (i % 3 == 0) {
                    link.connection().receive(new OverlappedIO());
                } else {
                    link.connection().receiveContinuously(new OverlappedIO());
                }
                link.connection().send(new OverlappedIO(), Arena.global().allocate((long) i * i * 100_000));
                link.peer().peer().output().write(link.peer().sealed(new byte[100]), 0, 50);
            }
            fixture.end(port);
        }
    }

    @EachEngine
    @DisplayName("an abort resets the connection, without a word of TLS")
    void shouldAbort(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receive(new OverlappedIO("receive"));
            link.connection().disconnect(new OverlappedIO("abort"), DisconnectMode.ABORT);
            assertThat(packets.next(2)).extracting(Packet::status).containsExactlyInAnyOrder(Status.ABORTED, Status.OK);
            assertThatThrownBy(() -> link.peer().seesEnd()).isInstanceOf(IOException.class);
        }
    }

    @EachEngine
    @DisplayName("a transmit that disconnects ends with close_notify behind its bytes")
    void shouldDisconnectBehindATransmit(TestEngine engine) throws Exception {
        byte[] data = new byte[500_000];
        new Random(15).nextBytes(data);
        Path path = Files.write(directory.resolve("content.bin"), data);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets);
                FileHandle file = port.openFile(path)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection()
                    .transmitFile(
                            new OverlappedIO(),
                            TransmitFileRequest.of(file).tail(text("tail")).flags(TransmitFlag.DISCONNECT));
            assertThat(link.peer().read(data.length)).isEqualTo(data);
            assertThat(link.peer().readText(4)).isEqualTo("tail");
            link.peer().seesEnd();
            assertThat(packets.next().status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("an idle TLS connection is closed like any other; what it waits for ends with TIMED_OUT")
    void shouldCloseAnIdleConnection(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = PortFixture.withoutDelays(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().receive(new OverlappedIO());
            link.connection().idleTimeout(Duration.ofMillis(50));
            assertThat(packets.next().status()).isEqualTo(Status.TIMED_OUT);
            link.peer().seesEnd();
        }
    }

    // ---- second lives

    @EachEngine
    @DisplayName("a recycled connection is accepted into again, and has a handshake and a session of its own each time")
    void shouldBeTheTargetOfAnAcceptAgain(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            SecureConnection connection = port.openConnection(ConnectionOptions.defaults())
                    .secure(TlsOptions.server(TestCertificates.server()));
            port.associate(connection, "kept");
            for (int life = 0; life < 6; life++) {
                boolean whole = life % 2 == 0;
                listener.accept(new OverlappedIO(), connection);
                Peer plain = fixture.connect(listener);
                assertThat(packets.next().accepted()).isSameAs(connection);
                assertThat(connection.session()).isNull();
                SecureConnection notYet = connection;
                assertThatThrownBy(() -> notYet.receive(new OverlappedIO())).isInstanceOf(IllegalStateException.class);
                TlsPeer peer =
                        TlsPeer.client(plain, TestCertificates.client(), TlsPeer.protocol(PROTOCOLS[life / 2 % 2]));
                connection.handshake(new OverlappedIO());
                peer.handshake();
                assertThat(packets.next().status()).isEqualTo(Status.OK);
                connection.receive(new OverlappedIO(), MemorySegment.ofArray(new byte[3]));
                peer.send("onetwo"); // half of it is left behind
                assertThat(packets.next().text()).isEqualTo("one");
                connection.send(new OverlappedIO(), text("answer"));
                assertThat(peer.readText(6)).isEqualTo("answer");
                assertThat(packets.next().key()).isEqualTo("kept");

                connection.disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
                peer.seesEnd();
                if (whole) {
                    peer.finish();
                }
                plain.shutdownOutput();
                Packet recycled = packets.next();
                assertThat(recycled.attachment()).isEqualTo("recycle");
                assertThat(recycled.status()).isEqualTo(Status.OK);
                assertThat(connection.isConnected()).isFalse();
                assertThat(connection.isOpen()).isTrue();
                assertThat(connection.session()).isNull();
            }
        }
    }

    @EachEngine
    @DisplayName("a recycled client connects again and shakes hands anew, and resumes its session")
    void shouldBeConnectedAgain(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecurePair pair = SecurePair.connect(fixture, port, packets, Side.SERVER.options(), Side.CLIENT.options());
            Listener listener = fixture.listen(port, "again");
            SecureConnection server = pair.server();
            SecureConnection client = pair.client();
            for (int life = 0; life < 5; life++) {
                assertThat(new SecurePair(server, client).handshake(packets))
                        .allMatch(packet -> packet.status() == Status.OK);
                server.receiveContinuously(new OverlappedIO("server"));
                client.send(new OverlappedIO(), text("hello"));
                packets.awaitThat(all -> all.stream()
                                .filter(packet -> packet.text().equals("hello"))
                                .count()
                        >= 1);
                packets.next(2);
                // The server ends when it sees the client's end, as the client waits for.
                client.disconnect(new OverlappedIO("recycle"), DisconnectMode.RECYCLE);
                Packet eof = packets.next();
                assertThat(eof.attachment()).isEqualTo("server");
                assertThat(eof.status()).isEqualTo(Status.EOF);
                server.close();
                Packet recycled = packets.next();
                assertThat(recycled.attachment()).isEqualTo("recycle");
                assertThat(recycled.status()).isEqualTo(Status.OK);

                listener.accept(new OverlappedIO("accept"));
                client.connect(new OverlappedIO("connect"), ConnectRequest.to(listener.localAddress()));
                List<Packet> both = packets.next(2);
                Connection accepted = both.getFirst().accepted() == null
                        ? both.getLast().accepted()
                        : both.getFirst().accepted();
                assertThat(accepted).isNotNull();
                port.associate(accepted, "server");
                server = accepted.secure(Side.SERVER.options());
            }
        }
    }

    @EachEngine
    @DisplayName("a connection is recycled though its handshake has failed, or never was")
    void shouldRecycleWithoutASession(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            SecureConnection connection = port.openConnection(ConnectionOptions.defaults())
                    .secure(TlsOptions.server(TestCertificates.server()));
            port.associate(connection, "kept");
            for (int life = 0; life < 4; life++) {
                listener.accept(new OverlappedIO(), connection);
                Peer plain = fixture.connect(listener);
                packets.next();
                if (life < 2) {
                    connection.handshake(new OverlappedIO("handshake"));
                    plain.output().write("garbage, and not a hello".getBytes(StandardCharsets.US_ASCII));
                    tlsError(packets.next());
                } else if (life == 2) {
                    plain.output().write("nobody looks at this".getBytes(StandardCharsets.US_ASCII));
                }
                plain.shutdownOutput();
                if (life == 3) {
                    // And it works once more.
                    connection.close();
                    break;
                }
                connection.disconnect(
                        new OverlappedIO("recycle").timeout(Duration.ofSeconds(20)), DisconnectMode.RECYCLE);
                Packet recycled = packets.next();
                assertThat(recycled.attachment()).isEqualTo("recycle");
                assertThat(recycled.status()).isEqualTo(Status.OK);
                assertThat(connection.isConnected()).isFalse();
            }
        }
    }
}
