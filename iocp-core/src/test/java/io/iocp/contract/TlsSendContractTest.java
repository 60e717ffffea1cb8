package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.TestCertificates;
import io.iocp.TestEngine;
import io.iocp.TransmitElement;
import io.iocp.TransmitFileRequest;
import io.iocp.TransmitPacketsRequest;
import io.iocp.contract.Packets.Packet;
import io.iocp.contract.SecureLink.Side;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TransmitWorker;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** Sends and transmits over TLS, and both directions at once: semantics 5, contract tests 105, 107 and 113. */
class TlsSendContractTest {
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;

    private static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static MemorySegment text(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @EachEngine
    @DisplayName("107: an echo of 60 KB; the bytes transferred are plain text, those on the wire are more")
    void shouldCountPlainText(TestEngine engine) throws Exception {
        int length = 60_000;
        byte[] data = random(length, 107);
        for (Side side : Side.values()) {
            for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
                Packets packets = new Packets();
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open(packets)) {
                    SecureLink link = SecureLink.open(fixture, port, packets, side, protocol);
                    MemorySegment memory = MemorySegment.ofArray(new byte[length]);
                    link.connection().receive(new OverlappedIO().fillBuffer(true), memory);
                    link.peer().send(data);
                    Packet received = packets.next();
                    assertThat(received.kind()).isEqualTo(OperationKind.TLS_RECEIVE);
                    assertThat(received.status()).isEqualTo(Status.OK);
                    assertThat(received.bytes()).isEqualTo(length);
                    link.connection().send(new OverlappedIO("send"), memory);
                    assertThat(link.peer().read(length)).isEqualTo(data);
                    Packet sent = packets.next();
                    assertThat(sent.kind()).isEqualTo(OperationKind.TLS_SEND);
                    assertThat(sent.status()).isEqualTo(Status.OK);
                    assertThat(sent.bytes()).isEqualTo(length);
                    assertThat(sent.key()).isEqualTo("key");
                    assertThat(sent.attachment()).isEqualTo("send");
                    // Four records at least, each with a head and a tag.
                    assertThat(sent.io().wireBytes()).isBetween(length + 4L * 21, length + length / 10L);
                    assertThat(received.io().wireBytes()).isBetween(length + 4L * 21, length + length / 10L);
                }
            }
        }
    }

    @EachEngine
    @DisplayName("113: 10 MB each way at once, between a port and the JDK, with new keys in the middle of it all")
    void shouldSendAndReceiveAtOnce(TestEngine engine) throws Exception {
        byte[] there = random(10 * MEBIBYTE, 1);
        byte[] back = random(10 * MEBIBYTE, 2);
        for (Side side : Side.values()) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets, side);
                MemorySegment memory = Arena.ofAuto().allocate(there.length);
                link.connection().receive(new OverlappedIO("receive").fillBuffer(true), memory);
                for (int at = 0; at < back.length; at += MEBIBYTE) {
                    link.connection()
                            .send(
                                    new OverlappedIO(at),
                                    MemorySegment.ofArray(back).asSlice(at, MEBIBYTE));
                }
                Beside<Boolean> writer = Beside.run(() -> link.peer().send(there));
                assertThat(link.peer().read(back.length)).isEqualTo(back);
                writer.end();
                packets.awaitThat(all -> all.size() == 12);
                assertThat(packets.all()).allMatch(packet -> packet.status() == Status.OK);
                assertThat(memory.mismatch(MemorySegment.ofArray(there))).isEqualTo(-1);
                // The peer's keys are good for a mebibyte, and so are ours.
                assertThat(link.peer().answers()).isPositive();
            }
        }
    }

    @EachEngine
    @DisplayName("113: 10 MB each way at once, between two connections of one port")
    void shouldSendAndReceiveAtOnceBetweenPorts(TestEngine engine) throws Exception {
        byte[] there = random(10 * MEBIBYTE, 3);
        byte[] back = random(10 * MEBIBYTE, 4);
        for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
                SecurePair pair = SecurePair.open(
                        fixture, port, packets, Side.SERVER.options().withProtocols(protocol), Side.CLIENT.options());
                MemorySegment atServer = Arena.ofAuto().allocate(there.length);
                MemorySegment atClient = Arena.ofAuto().allocate(back.length);
                pair.server().receive(new OverlappedIO().fillBuffer(true), atServer);
                pair.client().receive(new OverlappedIO().fillBuffer(true), atClient);
                pair.client().send(new OverlappedIO(), MemorySegment.ofArray(there));
                pair.server().send(new OverlappedIO(), MemorySegment.ofArray(back));
                assertThat(packets.next(4)).allSatisfy(packet -> {
                    assertThat(packet.status()).isEqualTo(Status.OK);
                    assertThat(packet.bytes()).isEqualTo(10 * MEBIBYTE);
                });
                assertThat(atServer.mismatch(MemorySegment.ofArray(there))).isEqualTo(-1);
                assertThat(atClient.mismatch(MemorySegment.ofArray(back))).isEqualTo(-1);
            }
        }
    }

    @EachEngine
    @DisplayName("sends of every form: a segment, a buffer, a lease, pieces, without a copy, and nothing at all")
    void shouldSendInEveryForm(TestEngine engine) throws Exception {
        byte[] big = random(100_000, 5);
        Packets packets = new Packets();
        Semaphore released = new Semaphore(0);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            MemorySegment global = Arena.global().allocate(big.length);
            global.copyFrom(MemorySegment.ofArray(big));
            var connection = link.connection();
            connection.send(new OverlappedIO(0), text("segment"));
            connection.send(new OverlappedIO(1), StandardCharsets.US_ASCII.encode("buffer"));
            LeasedBuffer lease = port.buffers().lease(5);
            lease.segment().copyFrom(text("lease"));
            lease.length(5);
            connection.send(new OverlappedIO(2), lease);
            connection.send(new OverlappedIO(3), text("piece"), text(""), text("s"));
            connection.send(new OverlappedIO(4), global);
            connection.send(new OverlappedIO(5), global.asSlice(0, 60_000), global.asSlice(60_000));
            LeasedBuffer zero = port.buffers().lease(big.length);
            zero.segment().copyFrom(global);
            zero.length(big.length);
            connection.sendZeroCopy(new OverlappedIO(6), zero, released::release);
            connection.send(new OverlappedIO(7), text(""));
            connection.send(new OverlappedIO(8), text("end"));
            assertThat(link.peer().readText(24)).isEqualTo("segmentbufferleasepieces");
            for (int i = 0; i < 3; i++) {
                assertThat(link.peer().read(big.length)).isEqualTo(big);
            }
            assertThat(link.peer().readText(3)).isEqualTo("end");
            List<Packet> all = packets.next(9);
            long[] lengths = {7, 6, 5, 6, big.length, big.length, big.length, 0, 3};
            for (int i = 0; i < 9; i++) {
                assertThat(all.get(i).attachment()).isEqualTo(i);
                assertThat(all.get(i).status()).isEqualTo(Status.OK);
                assertThat(all.get(i).kind()).isEqualTo(OperationKind.TLS_SEND);
                assertThat(all.get(i).bytes()).isEqualTo(lengths[i]);
            }
            assertThat(released.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(released.availablePermits()).isZero();
    }

    @EachEngine
    @DisplayName("a handler may write into its memory again as soon as the packet of the send has come")
    void shouldBeDoneWithTheMemoryWhenThePacketComes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            MemorySegment memory = Arena.global().allocate(40_000);
            for (int i = 0; i < 20; i++) {
                memory.fill((byte) i);
                link.connection().send(new OverlappedIO(), memory);
                assertThat(packets.next().status()).isEqualTo(Status.OK);
            }
            for (int i = 0; i < 20; i++) {
                byte[] expected = new byte[40_000];
                Arrays.fill(expected, (byte) i);
                assertThat(link.peer().read(40_000)).isEqualTo(expected);
            }
        }
    }

    @EachEngine
    @DisplayName("new keys, asked for by the peer or changed by this side, in the middle of what is sent")
    void shouldSendOnWithNewKeys(TestEngine engine) throws Exception {
        byte[] data = random(3 * TestCertificates.KEY_LIMIT_BYTES, 6);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets, Side.CLIENT);
            link.connection().receiveContinuously(new OverlappedIO("receive"));
            OverlappedIO send = new OverlappedIO("send");
            link.connection().send(send, MemorySegment.ofArray(data));
            for (int at = 0; at < data.length; ) {
                int n = Math.min(100_000, data.length - at);
                assertThat(link.peer().read(n)).isEqualTo(Arrays.copyOfRange(data, at, at + n));
                at += n;
                link.peer().updateKeys();
            }
            Packet sent = packets.next();
            assertThat(sent.io()).isSameAs(send);
            assertThat(sent.bytes()).isEqualTo(data.length);
            link.peer().send("still there");
            assertThat(packets.next().text()).isEqualTo("still there");
        }
    }

    // ---- cancels and limits

    @EachEngine
    @DisplayName("a send that waits for its turn is cancelled, or times out, without harm")
    void shouldCancelASendBeforeItsTurn(TestEngine engine) throws Exception {
        byte[] big = random(16 * MEBIBYTE, 7);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            link.connection().send(new OverlappedIO("big"), MemorySegment.ofArray(big));
            OverlappedIO cancelled = new OverlappedIO("cancelled");
            link.connection().send(cancelled, text("never"));
            link.connection().send(new OverlappedIO("late").timeout(Duration.ofMillis(5)), text("never"));
            link.connection().send(new OverlappedIO("last"), text("last"));
            assertThat(cancelled.cancel()).isTrue();
            List<Packet> two = packets.next(2);
            assertThat(two).extracting(Packet::attachment).containsExactlyInAnyOrder("cancelled", "late");
            assertThat(two).allMatch(packet -> packet.bytes() == 0);
            assertThat(two).extracting(Packet::status).containsExactlyInAnyOrder(Status.CANCELLED, Status.TIMED_OUT);
            assertThat(link.peer().read(big.length)).isEqualTo(big);
            assertThat(link.peer().readText(4)).isEqualTo("last");
            assertThat(packets.next(2)).allMatch(packet -> packet.status() == Status.OK);
        }
    }

    @EachEngine
    @DisplayName(
            "a send that is cancelled, or times out, under way cuts the session, unless it was between two records")
    void shouldCutTheSessionWhenASendIsCancelledUnderWay(TestEngine engine) throws Exception {
        int length = 32 * MEBIBYTE;
        for (boolean limited : new boolean[] {false, true}) {
            Packets packets = new Packets();
            try (PortFixture fixture = new PortFixture(engine);
                    CompletionPort port = fixture.open(packets)) {
                SecureLink link = SecureLink.open(fixture, port, packets);
                OverlappedIO big = new OverlappedIO("big").timeout(limited ? Duration.ofMillis(100) : null);
                link.connection().send(big, Arena.global().allocate(length));
                link.connection().send(new OverlappedIO("behind"), text("behind"));
                link.peer().read(1); // it is under way
                if (!limited) {
                    assertThat(big.cancel()).isTrue();
                }
                Packet packet = packets.next();
                assertThat(packet.io()).isSameAs(big);
                assertThat(packet.status()).isEqualTo(limited ? Status.TIMED_OUT : Status.CANCELLED);
                assertThat(packet.bytes()).isBetween(1L, length - 1L);
                Beside<Long> far = Beside.run(() -> readToEnd(link.peer()));
                Packet behind = packets.next();
                if (behind.status() == Status.OK) {
                    link.connection().disconnect(new OverlappedIO(), DisconnectMode.GRACEFUL);
                    assertThat(far.end()).as("a whole stream").isEqualTo(packet.bytes() - 1 + "behind".length());
                } else {
                    TlsHandshakeContractTest.endWithTlsError(List.of(behind));
                    link.connection().send(new OverlappedIO(), text("never"));
                    TlsHandshakeContractTest.endWithTlsError(packets.next(1));
                    link.connection().close();
                    assertThat(far.end()).as("no end in good order").isEqualTo(-1);
                }
            }
        }
    }

    /** How many bytes come before the other side ends its stream; -1 if it does not do that in good order. */
    private static long readToEnd(TlsPeer peer) {
        long count = 0;
        try {
            for (byte[] some = peer.readSome(); some.length > 0; some = peer.readSome()) {
                count += some.length;
            }
            return count;
        } catch (IOException cut) {
            return -1;
        }
    }

    // ---- files

    private Path file(byte[] content) throws IOException {
        return Files.write(Files.createTempFile(directory, "content", ".bin"), content);
    }

    @EachEngine
    @DisplayName(
            "105: what is transmitted over TLS equals plain content: head, file and tail, stretches, whoever does it")
    void shouldTransmitFiles(TestEngine engine) throws Exception {
        byte[] data = random(5_000_000, 105);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets);
                FileHandle file = port.openFile(file(data))) {
            for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
                SecureLink link = SecureLink.open(fixture, port, packets, Side.SERVER, protocol);
                for (TransmitWorker worker : TransmitWorker.values()) {
                    TransmitFileRequest all = TransmitFileRequest.of(file).worker(worker);
                    OverlappedIO io = new OverlappedIO("transmit");
                    link.connection()
                            .transmitFile(io, all.head(text("HE"), text("AD")).tail(text("TAIL")));
                    link.connection().send(new OverlappedIO("behind"), text("behind"));
                    assertThat(link.peer().readText(4)).isEqualTo("HEAD");
                    assertThat(link.peer().read(data.length)).isEqualTo(data);
                    assertThat(link.peer().readText(10)).isEqualTo("TAILbehind");
                    Packet packet = packets.next();
                    assertThat(packet.io()).isSameAs(io);
                    assertThat(packet.kind()).isEqualTo(OperationKind.TRANSMIT_FILE);
                    assertThat(packet.status()).isEqualTo(Status.OK);
                    assertThat(packet.bytes()).isEqualTo(data.length + 8);
                    assertThat(io.elementIndex()).isEqualTo(4);
                    assertThat(io.wireBytes()).isGreaterThan(data.length + 8);
                    assertThat(packets.next().attachment()).isEqualTo("behind");

                    link.connection().transmitFile(io, all.range(1000, 20));
                    assertThat(link.peer().read(20)).isEqualTo(Arrays.copyOfRange(data, 1000, 1020));
                    assertThat(packets.next().bytes()).isEqualTo(20);
                    link.connection().transmitFile(io, TransmitFileRequest.ofNothing());
                    assertThat(packets.next().bytes()).isZero();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("105: elements of memory and of files, with small chunks")
    void shouldTransmitElements(TestEngine engine) throws Exception {
        byte[] data = random(200_000, 106);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets);
                FileHandle file = port.openFile(file(data))) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            OverlappedIO io = new OverlappedIO();
            link.connection()
                    .transmitPackets(
                            io,
                            TransmitPacketsRequest.of(List.of(
                                            new TransmitElement.Memory(text("one"), false),
                                            new TransmitElement.FileRegion(file, 5, 100_000, false),
                                            new TransmitElement.Memory(text("two"), true),
                                            new TransmitElement.FileRegion(file, 0, data.length, false)))
                                    .sendSize(1000));
            assertThat(link.peer().readText(3)).isEqualTo("one");
            assertThat(link.peer().read(100_000)).isEqualTo(Arrays.copyOfRange(data, 5, 100_005));
            assertThat(link.peer().readText(3)).isEqualTo("two");
            assertThat(link.peer().read(data.length)).isEqualTo(data);
            Packet packet = packets.next();
            assertThat(packet.kind()).isEqualTo(OperationKind.TRANSMIT_PACKETS);
            assertThat(packet.status()).isEqualTo(Status.OK);
            assertThat(packet.bytes()).isEqualTo(300_006);
        }
    }

    @EachEngine
    @DisplayName("a file that has shrunk ends its transmit with TRUNCATED; the session is whole and goes on")
    void shouldReportAFileThatShrank(TestEngine engine) throws Exception {
        byte[] data = random(100_000, 107);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Path path = file(data);
            try (FileHandle file = port.openFile(path)) {
                SecureLink link = SecureLink.open(fixture, port, packets);
                link.connection()
                        .transmitFile(
                                new OverlappedIO(), TransmitFileRequest.of(file).range(0, 150_000));
                Packet packet = packets.next();
                assertThat(packet.status()).isEqualTo(Status.TRUNCATED);
                assertThat(packet.bytes()).isEqualTo(data.length);
                link.connection().send(new OverlappedIO(), text("on"));
                assertThat(link.peer().read(data.length)).isEqualTo(data);
                assertThat(link.peer().readText(2)).isEqualTo("on");
            }
        }
    }

    @EachEngine
    @DisplayName("many connections of both versions at once, each with big messages")
    void shouldEchoBigMessages(TestEngine engine) throws Exception {
        TlsEcho.run(engine, 8, 4, 400_000);
    }

    @EachEngine
    @DisplayName("a peer that reads slowly gets everything, and nothing twice")
    void shouldWaitForASlowReader(TestEngine engine) throws Exception {
        byte[] data = random(6 * MEBIBYTE, 8);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            SecureLink link = SecureLink.open(fixture, port, packets);
            for (int at = 0; at < data.length; at += 300_000) {
                int n = Math.min(300_000, data.length - at);
                link.connection().send(new OverlappedIO(at), ByteBuffer.wrap(data, at, n));
            }
            for (int at = 0; at < data.length; at += 10_000) {
                int n = Math.min(10_000, data.length - at);
                assertThat(link.peer().read(n)).isEqualTo(Arrays.copyOfRange(data, at, at + n));
            }
            packets.awaitThat(all -> all.size() == 1 + (data.length + 299_999) / 300_000);
            assertThat(packets.all()).allMatch(packet -> packet.status() == Status.OK);
        }
    }
}
