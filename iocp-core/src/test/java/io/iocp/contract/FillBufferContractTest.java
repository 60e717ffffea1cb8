package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;

/** Receives that complete only when the caller's memory is full, and those into several pieces of it. */
class FillBufferContractTest {

    private static List<MemorySegment> memoryOfEveryKind(int bytes) {
        return List.of(
                MemorySegment.ofArray(new byte[bytes]),
                Arena.ofAuto().allocate(bytes),
                Arena.global().allocate(bytes));
    }

    @EachEngine
    @DisplayName("49: ten bytes to fill, four and six come: one packet with ten")
    void shouldCompleteOnceWhenTheMemoryIsFull(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (MemorySegment memory : memoryOfEveryKind(10)) {
                OverlappedIO io = new OverlappedIO().fillBuffer(true).queryAvailable(true);
                link.connection().receive(io, memory);
                link.peerSends("four");
                assertThat(port.poll(Duration.ofMillis(20))).isNull();
                link.peerSends("andsix");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                Packet packet = Packet.of(io);
                assertThat(packet.kind()).isEqualTo(OperationKind.RECEIVE);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.bytes()).isEqualTo(10);
                assertThat(packet.text()).isEqualTo("fourandsix");
                assertThat(io.bytesAvailable()).hasValue(0);
                assertThat(port.poll()).isNull();
            }
        }
    }

    @EachEngine
    @DisplayName("49: what is behind the bytes that fill it stays for the next receive")
    void shouldTakeNoMoreThanItsMemoryHolds(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.peerSends("0123456789abc");
            link.connection().receive(new OverlappedIO().fillBuffer(true), MemorySegment.ofArray(new byte[10]));
            link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(new byte[10]));
            assertThat(Packet.of(port.poll(PortFixture.DEADLINE)).text()).isEqualTo("0123456789");
            assertThat(Packet.of(port.poll(PortFixture.DEADLINE)).text()).isEqualTo("abc");
        }
    }

    @EachEngine
    @DisplayName("49: a megabyte of any kind of memory is filled, however small the parts in which it comes")
    void shouldFillMoreThanOneReceiveBrings(TestEngine engine) throws Exception {
        byte[] data = new byte[1 << 20];
        new Random(49).nextBytes(data);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (MemorySegment memory : memoryOfEveryKind(data.length)) {
                OverlappedIO io = new OverlappedIO().fillBuffer(true);
                link.connection().receive(io, memory);
                link.peerSends(data);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.OK);
                assertThat(io.bytesTransferred()).isEqualTo(data.length);
                assertThat(memory.mismatch(MemorySegment.ofArray(data))).isEqualTo(-1);
            }
        }
    }

    @EachEngine
    @DisplayName("50: ten bytes to fill, three and the end of the stream come: OK with three, then EOF")
    void shouldEndWithFewerBytesAtTheEndOfTheStream(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (MemorySegment memory : memoryOfEveryKind(10)) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO().fillBuffer(true).queryAvailable(true);
                link.connection().receive(io, memory);
                link.peerSends("abc");
                link.peerFinishes();
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.OK);
                assertThat(Packet.of(io).text()).isEqualTo("abc");
                for (int i = 0; i < 2; i++) {
                    link.connection().receive(io, memory);
                    assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                    assertThat(io.status()).isEqualTo(Status.EOF);
                    assertThat(io.bytesTransferred()).isZero();
                }
                assertThat(io.bytesAvailable()).hasValue(0);
                link.close();
            }
        }
    }

    @EachEngine
    @DisplayName("51: ten bytes to fill, three and a reset come: RESET with three, then RESET")
    void shouldReportAResetBehindSomeBytes(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (MemorySegment memory : memoryOfEveryKind(10)) {
                Link link = fixture.link(port, "key");
                OverlappedIO ready = new OverlappedIO();
                link.connection().awaitReadable(ready);
                link.connection().receive(new OverlappedIO("first"), MemorySegment.ofArray(new byte[1]));
                OverlappedIO io = new OverlappedIO().fillBuffer(true).queryAvailable(true);
                link.connection().receive(io, memory);
                link.peerSends("1abc");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ready);
                assertThat(Packet.of(port.poll(PortFixture.DEADLINE)).text()).isEqualTo("1");
                awaitTaken(link, memory, 3);
                link.peerResets();
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
                assertThat(io.bytesTransferred()).isEqualTo(3);
                assertThat(Packet.of(io).text()).isEqualTo("abc");
                assertThat(io.bytesAvailable()).isEmpty();
                for (int i = 0; i < 3; i++) {
                    link.connection().receive(io, memory);
                    assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                    assertThat(io.status()).isEqualTo(Status.RESET);
                    assertThat(io.bytesTransferred()).isZero();
                }
                link.close();
            }
        }
    }

    /** A reset takes bytes with it that are not received yet: waits until these are, by what is in the caller's memory. */
    private static void awaitTaken(Link link, MemorySegment memory, int count) {
        long deadline = System.nanoTime() + PortFixture.DEADLINE.toNanos();
        while (memory.get(ValueLayout.JAVA_BYTE, count - 1) == 0) {
            assertThat(System.nanoTime()).as("bytes of %s", link.connection()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @EachEngine
    @DisplayName("52: its time is over after four bytes: TIMED_OUT, the four are there, and nothing is lost")
    void shouldKeepWhatHasComeWhenItsTimeIsOver(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (MemorySegment memory : memoryOfEveryKind(10)) {
                OverlappedIO ready = new OverlappedIO();
                link.connection().awaitReadable(ready);
                link.peerSends("four");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ready);
                OverlappedIO io = new OverlappedIO().fillBuffer(true).timeout(Duration.ofMillis(200));
                link.connection().receive(io, memory);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.TIMED_OUT);
                assertThat(io.bytesTransferred()).isEqualTo(4);
                assertThat(Packet.of(io).text()).isEqualTo("four");
                link.peerSends("later");
                link.connection().receive(io.timeout(null).fillBuffer(false), memory);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(Packet.of(io).text()).isEqualTo("later");
            }
        }
    }

    @EachEngine
    @DisplayName("52: cancelled after four bytes: CANCELLED, and the four are there")
    void shouldKeepWhatHasComeWhenItIsCancelled(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (MemorySegment memory : memoryOfEveryKind(10)) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO().fillBuffer(true);
                link.connection().receive(io, memory);
                link.peerSends("four");
                awaitTaken(link, memory, 4);
                assertThat(io.cancel()).isTrue();
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.CANCELLED);
                assertThat(Packet.of(io).text()).isEqualTo("four");
                memory.fill((byte) 0);
                link.connection().receive(io, memory);
                link.peerSends("then");
                awaitTaken(link, memory, 4);
                link.connection().close();
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.HANDLE_CLOSED);
                assertThat(Packet.of(io).text()).isEqualTo("then");
                link.close();
            }
        }
    }

    @EachEngine
    @DisplayName("memory that is freed while it is being filled is a FAULT with what came before")
    void shouldReportAFaultWhenTheMemoryIsGone(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO().fillBuffer(true);
            try (Arena shared = Arena.ofShared()) {
                MemorySegment memory = shared.allocate(10);
                link.connection().receive(io, memory);
                link.peerSends("four");
                awaitTaken(link, memory, 4);
            }
            link.peerSends("more");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.FAULT);
            assertThat(io.bytesTransferred()).isEqualTo(4);
        }
    }

    @EachEngine
    @DisplayName("to fill a buffer that is not the caller's is refused, and says what to do instead")
    void shouldRefuseToFillWhatIsNotTheCallers(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(new Packets())) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO().fillBuffer(true);
            assertThatThrownBy(() -> link.connection().receive(io))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("memory of your own");
            assertThatThrownBy(() -> link.connection().receiveContinuously(io))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("memory of your own");
            assertThat(io.isPending()).isFalse();
            link.connection().receive(io.fillBuffer(false));
            assertThat(io.isPending()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("started by a handler that skips packets it ends at once only if it is full at once")
    void shouldSkipItsPacketOnlyWhenItIsFullAtOnce(TestEngine engine) throws Exception {
        BlockingQueue<StartResult> results = new LinkedBlockingQueue<>();
        BlockingQueue<OverlappedIO> packets = new LinkedBlockingQueue<>();
        MemorySegment memory = MemorySegment.ofArray(new byte[6]);
        OverlappedIO fills = new OverlappedIO().fillBuffer(true).completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(io -> {
                    if (io.kind() == OperationKind.READABLE) {
                        ReceiveContractTest.start(
                                () -> results.add(io.connection().receive(fills, memory)));
                    } else {
                        packets.add(io);
                    }
                })) {
            Link link = fixture.link(port, "key");
            link.connection().awaitReadable(new OverlappedIO());
            link.peerSends("abc");
            assertThat(results.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo(StartResult.PENDING);
            link.peerSends("def");
            assertThat(packets.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isSameAs(fills);
            assertThat(Packet.of(fills).text()).isEqualTo("abcdef");
            assertThat(fills.bytesTransferred()).isEqualTo(6);
        }
    }

    // ---- scatter

    @EachEngine
    @DisplayName("54: ten bytes into pieces of three, four and five: packed, without holes")
    void shouldFillOnePieceAfterTheOther(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key", ListenOptions.defaults());
            MemorySegment[] pieces = {
                MemorySegment.ofArray(new byte[3]),
                MemorySegment.ofArray(new byte[0]),
                Arena.ofAuto().allocate(4),
                Arena.global().allocate(5)
            };
            OverlappedIO io = new OverlappedIO().queryAvailable(true);
            MemorySegment[] given = pieces.clone();
            link.connection().receive(io, given);
            given[0] = MemorySegment.ofArray(new byte[3]); // the array is the caller's again
            link.peerSends("abcdefghij");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThat(io.bytesTransferred()).isEqualTo(10);
            assertThat(texts(pieces)).containsExactly("abc", "", "defg", "hij\0\0");
            assertThat(io.data().remaining()).isZero();
            assertThat(io.buffer()).isNull();
        }
    }

    @EachEngine
    @DisplayName("54: pieces are filled all, however the bytes come")
    void shouldFillAllPieces(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            List<MemorySegment> pieces = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                pieces.add(MemorySegment.ofArray(new byte[i]));
            }
            byte[] data = new byte[299 * 300 / 2 * 3];
            new Random(54).nextBytes(data);
            pieces.add(Arena.global().allocate(data.length - 299 * 300 / 2));
            OverlappedIO io = new OverlappedIO().fillBuffer(true);
            link.connection().receive(io, pieces.toArray(MemorySegment[]::new));
            link.peerSends(data);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.bytesTransferred()).isEqualTo(data.length);
            int at = 0;
            for (MemorySegment piece : pieces) {
                MemorySegment expected = MemorySegment.ofArray(data).asSlice(at, piece.byteSize());
                assertThat(piece.mismatch(expected)).isEqualTo(-1);
                at += (int) piece.byteSize();
            }
        }
    }

    @EachEngine
    @DisplayName(
            "54: one piece with bytes is a receive into that piece; no piece, or one that cannot be used, is refused")
    void shouldRefusePiecesThatCannotBeUsed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                Arena confined = Arena.ofConfined()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            MemorySegment fine = MemorySegment.ofArray(new byte[4]);
            assertThatThrownBy(() -> link.connection().receive(io, new MemorySegment[0]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("awaitReadable");
            assertThatThrownBy(() -> link.connection().receive(io, fine, fine.asReadOnly()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> link.connection().receive(io, fine, confined.allocate(4)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(io.isPending()).isFalse();
            MemorySegment none = MemorySegment.ofArray(new byte[0]);
            link.connection().receive(io, none, fine, none);
            link.peerSends("abcd");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("abcd");
            assertThat(io.buffer()).isEqualTo(fine);
        }
    }

    private static List<String> texts(MemorySegment... pieces) {
        List<String> texts = new ArrayList<>();
        for (MemorySegment piece : pieces) {
            texts.add(new String(piece.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
        }
        return texts;
    }
}
