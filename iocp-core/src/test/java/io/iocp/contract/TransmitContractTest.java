package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.DatagramHandle;
import io.iocp.EachEngine;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.ShutdownOutputException;
import io.iocp.TestEngine;
import io.iocp.TransmitElement;
import io.iocp.TransmitFileRequest;
import io.iocp.TransmitPacketsRequest;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.operation.TransmitFlag;
import io.iocp.operation.TransmitWorker;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    @EachEngine
    @DisplayName("95, 97: a channel of the user's: from its position, and shorter than it was")
    @SuppressWarnings("try") // closed early on purpose
    void shouldSendFromAChannel(TestEngine engine) throws Exception {
        byte[] data = random(300_000);
        Path path = file(data);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileChannel unreadable = FileChannel.open(path, StandardOpenOption.WRITE)) {
            Link link = fixture.link(port, "key");
            channel.position(10);
            for (TransmitWorker worker : TransmitWorker.values()) {
                TransmitFileRequest request = TransmitFileRequest.of(channel).worker(worker);
                transmitAndRead(port, link, request, data);
                transmitAndRead(
                        port,
                        link,
                        request.range(TransmitFileRequest.CURRENT_POSITION, 1000),
                        Arrays.copyOfRange(data, (int) channel.position(), (int) channel.position() + 1000));
            }
            assertThat(channel.position()).isEqualTo(10 + 3000);
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> link.connection().transmitFile(io, TransmitFileRequest.of(unreadable)))
                    .isInstanceOf(NonReadableChannelException.class);
            link.connection().transmitFile(io, TransmitFileRequest.of(channel).range(0, data.length + 10));
            assertThat(link.peerReads(data.length)).isEqualTo(data);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.TRUNCATED);
            assertThat(io.bytesTransferred()).isEqualTo(data.length);
            channel.close();
            assertThatThrownBy(() -> link.connection().transmitFile(io, TransmitFileRequest.of(channel)))
                    .isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("98: three gibibytes of a sparse file in one call")
    void shouldSendMoreThanTwoGibibytes(TestEngine engine) throws Exception {
        // The simulated network copies byte by byte: a bit more than one chunk of everything says as much there.
        long size = engine == TestEngine.SIMULATED ? 20L << 20 : 3L << 30;
        Path path = directory.resolve("sparse");
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), size - 3);
            channel.write(ByteBuffer.wrap(new byte[] {4}), size / 2);
        }
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(path)) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().transmitFile(io, TransmitFileRequest.of(file).flags(TransmitFlag.DISCONNECT));
            byte[] buffer = new byte[1 << 20];
            long read = 0;
            long marks = 0;
            for (int n = link.peer().input().read(buffer);
                    n > 0;
                    n = link.peer().input().read(buffer)) {
                for (long at : new long[] {size / 2, size - 3, size - 2, size - 1}) {
                    if (at >= read && at < read + n) {
                        marks = marks * 10 + buffer[(int) (at - read)];
                    }
                }
                read += n;
            }
            assertThat(read).isEqualTo(size);
            assertThat(marks).isEqualTo(4123);
            expect(port, io, size);
        }
    }

    @EachEngine
    @DisplayName("99: DISCONNECT and RECYCLE: all is sent, the peer's end awaited, and the handle is free again")
    void shouldRecycleBehindAll(TestEngine engine) throws Exception {
        byte[] data = random(100_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            OverlappedIO io = new OverlappedIO();
            connection.transmitFile(
                    io, TransmitFileRequest.of(file).flags(TransmitFlag.DISCONNECT, TransmitFlag.RECYCLE));
            assertThat(link.peerReads(data.length)).isEqualTo(data);
            link.peerSeesEnd();
            assertThatThrownBy(() -> connection.receive(new OverlappedIO()))
                    .isInstanceOf(NotYetConnectedException.class);
            link.peerSends("unread");
            link.peerFinishes();
            expect(port, io, data.length);
            assertThat(connection.isConnected()).isFalse();
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @EachEngine
    @DisplayName(
            "99: a transmit that recycles is cancelled while it waits for the peer's end: the handle is free all the same")
    void shouldRecycleWhenCancelled(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection()
                    .transmitFile(
                            io,
                            TransmitFileRequest.ofNothing()
                                    .head(bytes("bye"))
                                    .flags(TransmitFlag.DISCONNECT, TransmitFlag.RECYCLE));
            assertThat(link.peerReadsText(3)).isEqualTo("bye");
            link.peerSeesEnd();
            assertThat(io.cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.CANCELLED);
            assertThat(io.bytesTransferred()).isEqualTo(3);
            assertThat(link.connection().isConnected()).isFalse();
        }
    }

    @EachEngine
    @DisplayName("103: memory, file, memory, the same file, in order; ends of packets do not show in a stream")
    void shouldSendElementsInOrder(TestEngine engine) throws Exception {
        byte[] data = random(200_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Link link = fixture.link(port, "key");
            for (TransmitWorker worker : TransmitWorker.values()) {
                for (int sendSize : new int[] {0, 1000, TransmitPacketsRequest.CALLER_CONTROLLED}) {
                    OverlappedIO io = new OverlappedIO();
                    link.connection()
                            .transmitPackets(
                                    io,
                                    TransmitPacketsRequest.of(List.of(
                                                    new TransmitElement.Memory(bytes("one"), false),
                                                    new TransmitElement.FileRegion(file, 0, 30_000, true),
                                                    new TransmitElement.Memory(bytes(""), true),
                                                    new TransmitElement.Memory(bytes("two"), true),
                                                    new TransmitElement.FileRegion(file, 10, 0, false)))
                                            .sendSize(sendSize)
                                            .worker(worker));
                    assertThat(link.peerReadsText(3)).isEqualTo("one");
                    assertThat(link.peerReads(30_000)).isEqualTo(Arrays.copyOf(data, 30_000));
                    assertThat(link.peerReadsText(3)).isEqualTo("two");
                    assertThat(link.peerReads(data.length - 10)).isEqualTo(Arrays.copyOfRange(data, 10, data.length));
                    expect(port, io, 3 + 30_000 + 3 + data.length - 10);
                    assertThat(io.kind()).isEqualTo(OperationKind.TRANSMIT_PACKETS);
                    assertThat(io.elementIndex()).isEqualTo(5);
                }
            }
        }
    }

    @EachEngine
    @DisplayName(
            "cancelled, timed out, shut down or closed in the middle: the count of what was sent, one packet, and the file let go of")
    @SuppressWarnings("try") // closed early on purpose
    void shouldEndInTheMiddle(TestEngine engine) throws Exception {
        byte[] data = random(20_000_000);
        Path path = file(data);
        for (TransmitWorker worker : TransmitWorker.values()) {
            for (Status end : List.of(Status.CANCELLED, Status.TIMED_OUT, Status.SHUT_DOWN, Status.HANDLE_CLOSED)) {
                try (PortFixture fixture = new PortFixture(engine);
                        CompletionPort port = fixture.open();
                        FileHandle file = port.openFile(path)) {
                    Link link = fixture.link(port, "key");
                    OverlappedIO io = new OverlappedIO();
                    if (end == Status.TIMED_OUT) {
                        io.timeout(Duration.ofMillis(100));
                    }
                    TransmitFileRequest request = TransmitFileRequest.of(file).worker(worker);
                    link.connection()
                            .transmitFile(io, request.head(bytes("head")).tail(bytes("tail")));
                    file.close(); // the descriptor stays open for the transmit
                    assertThat(link.peerReadsText(4)).isEqualTo("head");
                    switch (end) {
                        case CANCELLED -> assertThat(io.cancel()).isTrue();
                        case SHUT_DOWN -> link.connection().shutdownOutput();
                        case HANDLE_CLOSED -> link.connection().close();
                        default -> {}
                    }
                    assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                    assertThat(io.status()).isEqualTo(end);
                    assertThat(io.bytesTransferred()).isBetween(4L, data.length + 3L);
                    if (end == Status.CANCELLED || end == Status.TIMED_OUT) {
                        int sent = (int) io.bytesTransferred() - 4;
                        assertThat(link.peerReads(sent)).isEqualTo(Arrays.copyOf(data, sent));
                        assertThat(io.elementIndex()).isEqualTo(1);
                    }
                }
            }
        }
    }

    @EachEngine
    @DisplayName("reset in the middle: RESET, and later sends too")
    void shouldReportAReset(TestEngine engine) throws Exception {
        byte[] data = random(20_000_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            for (TransmitWorker worker : TransmitWorker.values()) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO();
                OverlappedIO behind = new OverlappedIO();
                link.connection().transmitFile(io, TransmitFileRequest.of(file).worker(worker));
                link.connection().send(behind, bytes("behind"));
                assertThat(link.peerReads(1000)).isEqualTo(Arrays.copyOf(data, 1000));
                link.peerResets();
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
                assertThat(io.bytesTransferred()).isBetween(1000L, data.length - 1L);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(behind);
                assertThat(behind.status()).isEqualTo(Status.RESET);
                link.close();
            }
        }
    }

    @EachEngine
    @DisplayName(
            "one file on many connections at once, several transmits on each, the handle closed right after the starts")
    void shouldServeManyFromOneFile(TestEngine engine) throws Exception {
        byte[] data = random(100_000);
        int connections = 20;
        int each = 5;
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            FileHandle file = port.openFile(file(data));
            List<Link> links = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                links.add(fixture.link(port, i));
            }
            for (int i = 0; i < connections; i++) {
                Link link = links.get(i);
                for (int n = 0; n < each; n++) {
                    TransmitWorker worker = TransmitWorker.values()[(i + n) % 3];
                    link.connection()
                            .transmitFile(
                                    new OverlappedIO(),
                                    TransmitFileRequest.of(file)
                                            .head(bytes("h" + n))
                                            .worker(worker));
                }
            }
            file.close();
            for (Link link : links) {
                for (int n = 0; n < each; n++) {
                    assertThat(link.peerReadsText(2)).isEqualTo("h" + n);
                    assertThat(link.peerReads(data.length)).isEqualTo(data);
                }
            }
            for (int i = 0; i < connections * each; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.status()).isEqualTo(Status.OK);
                assertThat(io.bytesTransferred()).isEqualTo(data.length + 2);
            }
            assertThatThrownBy(() -> links.getFirst()
                            .connection()
                            .transmitFile(new OverlappedIO(), TransmitFileRequest.of(file)))
                    .isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("cancels that race with everything: one packet each, and the bytes that it says")
    void shouldSurviveCancelsAtAnyMoment(TestEngine engine) throws Exception {
        byte[] data = random(700_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data))) {
            Random random = new Random(7);
            for (int round = 0; round < 60; round++) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO();
                TransmitWorker worker = TransmitWorker.values()[round % 3];
                link.connection()
                        .transmitFile(
                                io, TransmitFileRequest.of(file).worker(worker).head(bytes("h")));
                int before = random.nextInt(300_000);
                assertThat(link.peerReads(1 + before)).isNotEmpty();
                boolean cancelled = io.cancel();
                byte[] rest = cancelled ? new byte[0] : link.peerReads(data.length - before);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                if (cancelled) {
                    int left = (int) io.bytesTransferred() - 1 - before;
                    rest = link.peerReads(left);
                }
                assertThat(rest).isEqualTo(Arrays.copyOfRange(data, before, before + rest.length));
                assertThat(io.status()).isIn(Status.OK, Status.CANCELLED);
                link.close();
            }
        }
    }

    @EachEngine
    @DisplayName("102: a datagram for each group of elements; too long a group and flags are thrown")
    void shouldSendADatagramForEachGroup(TestEngine engine) throws Exception {
        byte[] data = random(100_000);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                FileHandle file = port.openFile(file(data));
                FileChannel channel = FileChannel.open(file.path())) {
            DatagramHandle server = port.openDatagram(PortFixture.anyPort(), DatagramOptions.defaults());
            port.associate(server, "server");
            DatagramHandle client = port.openDatagram(
                    PortFixture.anyPort(), DatagramOptions.defaults().withPeer(server.localAddress()));
            port.associate(client, "client");
            OverlappedIO io = new OverlappedIO();
            TransmitElement a = new TransmitElement.Memory(bytes("a"), false);
            client.transmitPackets(
                    io,
                    TransmitPacketsRequest.of(List.of(
                            a,
                            new TransmitElement.FileRegion(file, 10, 500, false),
                            new TransmitElement.Memory(bytes("z"), true),
                            new TransmitElement.Memory(bytes(""), true),
                            new TransmitElement.FileRegion(channel, 0, 700, true),
                            new TransmitElement.Memory(bytes("last"), false))));
            expect(port, io, 502 + 700 + 4);
            assertThat(io.elementIndex()).isEqualTo(6);
            byte[] first = new byte[502];
            first[0] = 'a';
            System.arraycopy(data, 10, first, 1, 500);
            first[501] = 'z';
            for (byte[] expected :
                    List.of(first, Arrays.copyOf(data, 700), "last".getBytes(StandardCharsets.US_ASCII))) {
                OverlappedIO receive = new OverlappedIO();
                server.receive(receive);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
                byte[] received = new byte[receive.data().remaining()];
                receive.data().get(received);
                assertThat(received).isEqualTo(expected);
                receive.release();
            }
            assertThatThrownBy(() -> client.transmitPackets(
                            io,
                            TransmitPacketsRequest.of(
                                    List.of(a, new TransmitElement.FileRegion(file, 0, 65_507, true)))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("65507");
            assertThatThrownBy(() -> client.transmitPackets(
                            io, TransmitPacketsRequest.of(List.of(a)).flags(TransmitFlag.DISCONNECT)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> server.transmitPackets(io, TransmitPacketsRequest.of(List.of(a))))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(port.poll()).isNull();
            // A handle of datagrams has no transmitFile at all.
            assertThat(Arrays.stream(DatagramHandle.class.getMethods()).map(Method::getName))
                    .doesNotContain("transmitFile");
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
