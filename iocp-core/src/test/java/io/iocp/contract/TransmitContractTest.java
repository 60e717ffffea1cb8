package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.ShutdownOutputException;
import io.iocp.TestEngine;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TransmitFlag;
import io.iocp.operation.TransmitWorker;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

/** transmitFile: head, file and tail as one operation among the sends of a connection. */
class TransmitContractTest {

    private static final int BIG = 5_000_000;

    @TempDir
    private Path directory;

    @EachEngine
    @DisplayName("91: no file, no bytes: OK with 0 bytes, and nothing on the wire")
    void shouldSendNothing(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().transmitFile(io, TransmitFileRequest.ofNothing());
            expect(port, io, 0);
            assertThat(io.kind()).isEqualTo(OperationKind.TRANSMIT_FILE);
            assertThat(io.elementIndex()).isZero();
            link.connection().send(new OverlappedIO(), bytes("x"));
            assertThat(link.peerReadsText(1)).isEqualTo("x");
            assertThat(port.poll(PortFixture.DEADLINE)).isNotNull();
        }
    }

    @EachEngine
    @DisplayName("92: head and tail without a file")
    void shouldSendHeadAndTail(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection()
                    .transmitFile(
                            io,
                            TransmitFileRequest.ofNothing()
                                    .head(bytes("he"), bytes("ad"))
                                    .tail(bytes("tail")));
            assertThat(link.peerReadsText(8)).isEqualTo("headtail");
            expect(port, io, 8);
            assertThat(io.elementIndex()).isEqualTo(3);
        }
    }

    @EachEngine
    @DisplayName("93: a file alone: whole, from an offset, an exact length")
    void shouldSendStretchesOfAFile(TestEngine engine) throws Exception {
        byte[] data = random(100_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            for (TransmitWorker worker : TransmitWorker.values()) {
                TransmitFileRequest request = TransmitFileRequest.of(file).worker(worker);
                transmitAndRead(port, link, request, data);
                transmitAndRead(port, link, request.range(10, 0), Arrays.copyOfRange(data, 10, data.length));
                transmitAndRead(port, link, request.range(0, data.length), data);
                transmitAndRead(port, link, request.range(10, 20), Arrays.copyOfRange(data, 10, 30));
                transmitAndRead(port, link, request.range(data.length, 0), new byte[0]);
            }
        }
    }

    @EachEngine
    @DisplayName("94: head, file and tail: count and bytes; a big file to a slow reader")
    void shouldSendHeadFileAndTail(TestEngine engine) throws Exception {
        byte[] data = random(BIG);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            for (TransmitWorker worker : TransmitWorker.values()) {
                OverlappedIO io = new OverlappedIO();
                TransmitFileRequest request = TransmitFileRequest.of(file).worker(worker);
                link.connection().transmitFile(io, request.head(bytes("HEAD")).tail(bytes("TAIL")));
                assertThat(link.peerReadsText(4)).isEqualTo("HEAD");
                for (int at = 0; at < BIG; at += 50_000) {
                    assertThat(link.peerReads(50_000)).isEqualTo(Arrays.copyOfRange(data, at, at + 50_000));
                }
                assertThat(link.peerReadsText(4)).isEqualTo("TAIL");
                expect(port, io, BIG + 8);
                assertThat(io.elementIndex()).isEqualTo(3);
            }
        }
    }

    @EachEngine
    @DisplayName("95: the current position is where it starts, and moves")
    void shouldStartAtThePosition(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file("0123456789".getBytes(StandardCharsets.ISO_8859_1)))) {
            Link link = fixture.link(port, "key");
            TransmitFileRequest next = TransmitFileRequest.of(file).range(TransmitFileRequest.CURRENT_POSITION, 4);
            transmitAndRead(port, link, next, new byte[] {'0', '1', '2', '3'});
            assertThat(file.position()).isEqualTo(4);
            transmitAndRead(port, link, next, new byte[] {'4', '5', '6', '7'});
            transmitAndRead(
                    port,
                    link,
                    next.range(TransmitFileRequest.CURRENT_POSITION, TransmitFileRequest.WHOLE_FILE),
                    new byte[] {'8', '9'});
            assertThat(file.position()).isEqualTo(10);
            transmitAndRead(port, link, TransmitFileRequest.of(file).range(2, 1), new byte[] {'2'});
            assertThat(file.position()).isEqualTo(10);
        }
    }

    @EachEngine
    @DisplayName("96, 99, 100: an offset behind the end, flags that exclude each other: thrown, nothing posted")
    void shouldRefuseWrongRequests(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(new byte[10]))) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            OverlappedIO io = new OverlappedIO();
            TransmitFileRequest request = TransmitFileRequest.of(file);
            assertThatThrownBy(() -> connection.transmitFile(io, request.range(11, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("behind the end");
            assertThatThrownBy(() -> connection.transmitFile(io, request.flags(TransmitFlag.RECYCLE)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("DISCONNECT");
            assertThatThrownBy(() -> connection.transmitFile(
                            io, request.flags(TransmitFlag.WRITE_BEHIND, TransmitFlag.DISCONNECT)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("WRITE_BEHIND");
            assertThatThrownBy(() -> request.range(-2, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> request.range(0, -1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> request.chunkSize(-1)).isInstanceOf(IllegalArgumentException.class);
            // Not connected comes before the flags.
            Connection unconnected = port.openConnection(ConnectionOptions.defaults());
            port.associate(unconnected, "other");
            assertThatThrownBy(() -> unconnected.transmitFile(io, request.flags(TransmitFlag.RECYCLE)))
                    .isInstanceOf(NotYetConnectedException.class);
            unconnected.close();
            assertThat(port.poll()).isNull();
            transmitAndRead(port, link, request.flags(TransmitFlag.WRITE_BEHIND), new byte[10]);
        }
    }

    @EachEngine
    @DisplayName("97: a file that becomes shorter meanwhile: TRUNCATED, with the count of what was sent")
    void shouldReportATruncatedFile(TestEngine engine) throws Exception {
        byte[] data = random(BIG);
        Path path = file(data);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(path)) {
            for (TransmitWorker worker : TransmitWorker.values()) {
                Files.write(path, data);
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO();
                link.connection()
                        .transmitFile(
                                io, TransmitFileRequest.of(file).worker(worker).head(bytes("h")));
                assertThat(link.peerReadsText(1)).isEqualTo("h");
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    channel.truncate(BIG - 10);
                }
                assertThat(link.peerReads(BIG - 10)).isEqualTo(Arrays.copyOf(data, BIG - 10));
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.TRUNCATED);
                assertThat(io.bytesTransferred()).isEqualTo(BIG - 10 + 1);
                assertThat(io.elementIndex()).isEqualTo(1);
                assertThat(io.failure()).isInstanceOf(EOFException.class);
                link.close();
            }
        }
    }

    @EachEngine
    @DisplayName("101: DISCONNECT: the peer reads all, then the end of the stream; its own bytes still come")
    void shouldEndTheStreamBehindAll(TestEngine engine) throws Exception {
        byte[] data = random(100_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().transmitFile(io, TransmitFileRequest.of(file).flags(TransmitFlag.DISCONNECT));
            assertThatThrownBy(() -> link.connection().send(new OverlappedIO(), bytes("late")))
                    .isInstanceOf(ShutdownOutputException.class);
            assertThat(link.peerReads(data.length)).isEqualTo(data);
            link.peerSeesEnd();
            expect(port, io, data.length);
            OverlappedIO receive = new OverlappedIO();
            link.connection().receive(receive);
            link.peerSends("answer");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
            assertThat(receive.status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("104: what is sent behind a transmit arrives behind it")
    void shouldKeepTheOrderOfSends(TestEngine engine) throws Exception {
        byte[] data = random(BIG);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            OverlappedIO before = new OverlappedIO();
            OverlappedIO transmit = new OverlappedIO();
            OverlappedIO behind = new OverlappedIO();
            link.connection().send(before, bytes("before"));
            link.connection().transmitFile(transmit, TransmitFileRequest.of(file));
            link.connection().send(behind, bytes("behind"));
            assertThat(link.peerReadsText(6)).isEqualTo("before");
            assertThat(link.peerReads(BIG)).isEqualTo(data);
            assertThat(link.peerReadsText(6)).isEqualTo("behind");
            for (OverlappedIO io : new OverlappedIO[] {before, transmit, behind}) {
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.OK);
            }
        }
    }

    private static void transmitAndRead(CompletionPort port, Link link, TransmitFileRequest request, byte[] expected)
            throws Exception {
        OverlappedIO io = new OverlappedIO();
        link.connection().transmitFile(io, request);
        assertThat(link.peerReads(expected.length)).isEqualTo(expected);
        expect(port, io, expected.length);
    }

    private static void expect(CompletionPort port, OverlappedIO io, long bytes) throws InterruptedException {
        assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
        assertThat(io.status()).isEqualTo(Status.OK);
        assertThat(io.bytesTransferred()).isEqualTo(bytes);
    }

    private Path file(byte[] content) throws IOException {
        Path path = directory.resolve("file");
        return Files.write(path, content);
    }

    private static MemorySegment bytes(String text) {
        return MemorySegment.ofBuffer(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static byte[] random(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }
}
