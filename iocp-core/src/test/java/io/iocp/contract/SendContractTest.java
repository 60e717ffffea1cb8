package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Sends: all bytes or an error, in the order of their starts. */
class SendContractTest {

    private static final int BIG = 2_000_000;

    @EachEngine
    @DisplayName("56: two megabytes to a slow reader are one packet with two megabytes")
    void shouldSendEverythingToASlowReaderInOnePacket(TestEngine engine) throws Exception {
        byte[] data = new byte[BIG];
        new Random(56).nextBytes(data);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().send(io, ByteBuffer.wrap(data));
            // The reader is slow: it asks for little at a time, and the packet cannot come before it has read most.
            assertThat(link.peerReads(1000)).isEqualTo(Arrays.copyOf(data, 1000));
            for (int at = 1000; at < BIG; ) {
                int length = Math.min(10_000, BIG - at);
                assertThat(link.peerReads(length)).isEqualTo(Arrays.copyOfRange(data, at, at + length));
                at += length;
            }
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.kind()).isEqualTo(OperationKind.SEND);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).isEqualTo(BIG);
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    @DisplayName("57: three sends of two megabytes at once: the reader sees AAA, BBB, CCC")
    void shouldNotMixPendingSends(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < 3; i++) {
                byte[] data = new byte[BIG];
                Arrays.fill(data, (byte) ('A' + i));
                link.connection().send(new OverlappedIO(i), MemorySegment.ofArray(data));
            }
            for (int i = 0; i < 3; i++) {
                byte[] expected = new byte[BIG];
                Arrays.fill(expected, (byte) ('A' + i));
                assertThat(Arrays.equals(link.peerReads(BIG), expected))
                        .as("send %d", i)
                        .isTrue();
            }
            for (int i = 0; i < 3; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.attachment()).isEqualTo(i);
                assertThat(io.sequence()).isEqualTo(i);
                assertThat(io.bytesTransferred()).isEqualTo(BIG);
            }
        }
    }

    @EachEngine
    @DisplayName(
            "58: a reset in the middle of a send is RESET, or what the kernel had accepted, and then RESET for ever")
    void shouldReportAResetInTheMiddleOfASend(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            int length = 64 << 20; // more than all socket buffers
            link.connection().send(io, Arena.global().allocate(length));
            link.peerReads(1000);
            link.peerResets();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.RESET);
            assertThat(io.bytesTransferred()).isBetween(1000L, length - 1L);
            for (int i = 0; i < 3; i++) {
                link.connection().send(io, StandardCharsets.US_ASCII.encode("more"));
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
                assertThat(io.bytesTransferred()).isZero();
            }
        }
    }

    @EachEngine
    @DisplayName("60: after an orderly close of the peer sends go well at first, and end with RESET")
    void shouldReportAResetWhenThePeerHasClosed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.peer().close();
            OverlappedIO io = new OverlappedIO();
            link.connection().receive(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.EOF);
            link.connection().send(io, StandardCharsets.US_ASCII.encode("first"));
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).isEqualTo(5);
            // The peer's answer, a reset, needs its time.
            long deadline = System.nanoTime() + PortFixture.DEADLINE.toNanos();
            while (io.status() == Status.OK && System.nanoTime() < deadline) {
                link.connection().send(io, StandardCharsets.US_ASCII.encode("later"));
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            }
            assertThat(io.status()).isEqualTo(Status.RESET);
        }
    }

    @EachEngine
    @DisplayName("61: a gather of a thousand pieces arrives in order")
    void shouldGatherAThousandPieces(TestEngine engine) throws Exception {
        gather(engine, 1000);
    }

    @EachEngine
    @DisplayName("61: a gather of more pieces than the kernel takes at once arrives in order")
    void shouldGatherMorePiecesThanTheKernelTakesAtOnce(TestEngine engine) throws Exception {
        for (int count : new int[] {1023, 1024, 1025, 5000}) {
            gather(engine, count);
        }
    }

    @EachEngine(sockets = true)
    @DisplayName("61: a gather of more bytes than an int counts, and than the kernel takes at once, is one packet")
    void shouldGatherMoreBytesThanAnIntCounts(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            MemorySegment piece = Arena.global().allocate(16 << 20);
            piece.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            MemorySegment[] pieces = new MemorySegment[140];
            Arrays.fill(pieces, piece);
            long length = pieces.length * piece.byteSize();
            assertThat(length).isGreaterThan(Integer.MAX_VALUE);
            OverlappedIO io = new OverlappedIO();
            link.connection().send(io, pieces);
            byte[] chunk = new byte[1 << 20];
            for (long at = 0; at < length; at += chunk.length) {
                int n = link.peer().input().readNBytes(chunk, 0, chunk.length);
                assertThat(n).as("at %d", at).isEqualTo(chunk.length);
                assertThat(chunk[0]).as("at %d", at).isEqualTo((byte) (at % piece.byteSize() == 0 ? 1 : 0));
            }
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).isEqualTo(length);
        }
    }

    @EachEngine
    @DisplayName("more bytes than can be copied are refused, and it says what to do instead")
    void shouldRefuseToCopyMoreThanABufferHolds(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            MemorySegment[] pieces = new MemorySegment[3000];
            Arrays.fill(pieces, MemorySegment.ofArray(new byte[1 << 20]));
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> link.connection().send(io, pieces))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("global arena");
            assertThat(io.isPending()).isFalse();
            assertThat(port.poll()).isNull();
        }
    }

    @EachEngine
    @DisplayName(
            "58: a reset in the middle of a gather is RESET with what was accepted, a cancel CANCELLED, a timeout TIMED_OUT")
    void shouldSayHowMuchOfAGatherWasAccepted(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            MemorySegment piece = Arena.global().allocate(1 << 20);
            MemorySegment[] pieces = new MemorySegment[64];
            Arrays.fill(pieces, piece);
            long length = pieces.length * piece.byteSize();
            for (Status how : new Status[] {Status.RESET, Status.CANCELLED, Status.TIMED_OUT}) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO();
                if (how == Status.TIMED_OUT) {
                    io.timeout(java.time.Duration.ofMillis(200));
                }
                link.connection().send(io, pieces);
                link.peerReads(1000);
                if (how == Status.RESET) {
                    link.peerResets();
                } else if (how == Status.CANCELLED) {
                    assertThat(io.cancel()).isTrue();
                }
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(how);
                assertThat(io.bytesTransferred()).isBetween(1000L, length - 1);
                link.close();
            }
        }
    }

    private static void gather(TestEngine engine, int count) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            Random random = new Random(61);
            for (boolean direct : new boolean[] {true, false}) {
                MemorySegment[] pieces = new MemorySegment[count];
                java.io.ByteArrayOutputStream expected = new java.io.ByteArrayOutputStream();
                for (int i = 0; i < count; i++) {
                    byte[] piece = new byte[random.nextInt(40)]; // some are empty
                    random.nextBytes(piece);
                    expected.write(piece);
                    MemorySegment heap = MemorySegment.ofArray(piece);
                    pieces[i] = direct
                            ? Arena.global()
                                    .allocate(Math.max(1, piece.length))
                                    .asSlice(0, piece.length)
                                    .copyFrom(heap)
                            : heap;
                }
                OverlappedIO io = new OverlappedIO();
                link.connection().send(io, pieces);
                assertThat(link.peerReads(expected.size())).isEqualTo(expected.toByteArray());
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.OK);
                assertThat(io.bytesTransferred()).isEqualTo(expected.size());
            }
        }
    }

    @EachEngine
    @DisplayName("61: a gather of big pieces goes on where the kernel stopped")
    void shouldGatherBigPieces(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            byte[] data = new byte[6_000_000];
            new Random(62).nextBytes(data);
            MemorySegment memory = Arena.global().allocate(data.length).copyFrom(MemorySegment.ofArray(data));
            OverlappedIO io = new OverlappedIO();
            link.connection()
                    .send(
                            io,
                            memory.asSlice(0, 1),
                            memory.asSlice(1, 2_999_998),
                            memory.asSlice(2_999_999, 1),
                            memory.asSlice(3_000_000, 3_000_000));
            assertThat(Arrays.equals(link.peerReads(data.length), data)).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesTransferred()).isEqualTo(data.length);
        }
    }

    @EachEngine
    @DisplayName("62: a send of nothing completes, in its turn, with 0 bytes")
    void shouldCompleteASendOfNothing(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.connection().send(new OverlappedIO(0), ByteBuffer.allocate(0));
            link.connection().send(new OverlappedIO(1), StandardCharsets.US_ASCII.encode("one"));
            link.connection().send(new OverlappedIO(2), MemorySegment.NULL);
            link.connection().send(new OverlappedIO(3), new MemorySegment[0]);
            link.connection().send(new OverlappedIO(4), StandardCharsets.US_ASCII.encode("two"));
            for (int i = 0; i < 5; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.attachment()).isEqualTo(i);
                assertThat(io.status()).isEqualTo(Status.OK);
                assertThat(io.bytesTransferred()).isEqualTo(i == 1 || i == 4 ? 3 : 0);
            }
            assertThat(link.peerReadsText(6)).isEqualTo("onetwo");
        }
    }

    @EachEngine
    @DisplayName("63: a buffer that is written anew after the completion does not change what was sent")
    void shouldSendWhatWasThereWhenTheSendCompleted(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            MemorySegment memory = Arena.global().allocate(100_000);
            OverlappedIO io = new OverlappedIO();
            for (int i = 0; i < 20; i++) {
                memory.fill((byte) i);
                link.connection().send(io, memory);
                byte[] expected = new byte[100_000];
                Arrays.fill(expected, (byte) i);
                if (i == 0) {
                    // A copy is the library's own: the caller may write at once.
                    link.connection().send(new OverlappedIO(), MemorySegment.ofArray(new byte[] {1, 2, 3}));
                    assertThat(port.take()).isSameAs(io);
                    port.take();
                    memory.fill((byte) 99);
                    assertThat(link.peerReads(100_000)).isEqualTo(expected);
                    assertThat(link.peerReads(3)).containsExactly(1, 2, 3);
                    continue;
                }
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                memory.fill((byte) 99);
                assertThat(link.peerReads(100_000)).isEqualTo(expected);
            }
        }
    }

    @EachEngine
    @DisplayName("63: memory that is copied at the start may be written anew at once")
    void shouldCopyForeignMemoryAtTheStart(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            byte[] heap = "heap".getBytes(StandardCharsets.US_ASCII);
            link.connection().send(new OverlappedIO(), MemorySegment.ofArray(heap));
            Arrays.fill(heap, (byte) 'x');
            ByteBuffer direct = ByteBuffer.allocateDirect(8).put("..direct".getBytes(StandardCharsets.US_ASCII));
            direct.position(2);
            link.connection().send(new OverlappedIO(), direct);
            assertThat(direct.position()).isEqualTo(2);
            direct.put(0, new byte[8]);
            try (Arena arena = Arena.ofConfined()) {
                link.connection()
                        .send(new OverlappedIO(), arena.allocateFrom("arena").asSlice(0, 5));
            }
            assertThat(link.peerReadsText(15)).isEqualTo("heapdirectarena");
            for (int i = 0; i < 3; i++) {
                assertThat(port.take().status()).isEqualTo(Status.OK);
            }
        }
    }

    @EachEngine
    @DisplayName("a leased buffer goes back to the pool when its send has completed")
    void shouldGiveALeasedBufferBack(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < 100; i++) {
                LeasedBuffer buffer = port.buffers().lease(512);
                buffer.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) i);
                buffer.length(1);
                link.connection().send(new OverlappedIO(), buffer);
                assertThat(port.take().status()).isEqualTo(Status.OK);
                assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
                assertThat(link.peerReads(1)).containsExactly(i);
            }
            assertThat(port.buffers().allocatedBytes()).isEqualTo(512);
        }
    }

    @EachEngine
    @DisplayName("a retained buffer can be sent to many")
    void shouldSendARetainedBufferToMany(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link[] links = {fixture.link(port, 0), fixture.link(port, 1), fixture.link(port, 2)};
            LeasedBuffer buffer = port.buffers().lease(16);
            buffer.segment().setString(0, "to all");
            buffer.length(6);
            for (Link link : links) {
                link.connection().send(new OverlappedIO(), buffer.retain());
            }
            buffer.release();
            for (Link link : links) {
                assertThat(link.peerReadsText(6)).isEqualTo("to all");
                assertThat(port.take().status()).isEqualTo(Status.OK);
            }
            assertThatThrownBy(buffer::retain).isInstanceOf(IllegalStateException.class);
        }
    }

    @EachEngine
    @DisplayName("a cancelled send says how much the kernel had accepted, and those behind it go on")
    void shouldSayHowMuchOfACancelledSendWasAccepted(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO big = new OverlappedIO("big");
            OverlappedIO next = new OverlappedIO("next");
            int length = 64 << 20;
            link.connection().send(big, Arena.global().allocate(length));
            link.connection().send(next, StandardCharsets.US_ASCII.encode("next"));
            link.peerReads(1000);
            assertThat(big.cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(big);
            assertThat(big.status()).isEqualTo(Status.CANCELLED);
            assertThat(big.bytesTransferred()).isBetween(1000L, length - 1L);
            byte[] rest = link.peerReads((int) big.bytesTransferred() - 1000 + 4);
            assertThat(new String(rest, rest.length - 4, 4, StandardCharsets.US_ASCII))
                    .isEqualTo("next");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(next);
        }
    }
}
