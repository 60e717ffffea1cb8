package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** Operations that end within their start: no packet where none is wanted, and never both. */
class SkipContractTest {

    /** Something to do inside a handler of the port. */
    @FunctionalInterface
    private interface Step<R> {
        R run() throws Exception;
    }

    private record Errand<R>(Step<R> step, CompletableFuture<R> result) {
        void run() {
            try {
                result.complete(step.run());
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        }
    }

    private final Packets packets = new Packets();

    private CompletionPort open(PortFixture fixture) throws Exception {
        return fixture.open(packet -> {
            if (packet.attachment() instanceof Errand<?> errand) {
                errand.run();
            } else {
                packets.completed(packet);
            }
        });
    }

    private static <R> R inHandler(CompletionPort port, Step<R> step) throws Exception {
        CompletableFuture<R> result = new CompletableFuture<>();
        port.post("errand", new Errand<>(step, result));
        return result.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    @EachEngine
    @DisplayName(
            "41: data first, then a start inside a handler: COMPLETED_NOT_POSTED, the results at once, and no packet")
    void shouldPostNothingWhenTheReceiveEndsAtOnce(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            assertThat(connection.completionMode()).isEqualTo(CompletionMode.ALWAYS_POST);
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            // The first receive into a library buffer makes the buffers.
            OverlappedIO before = new OverlappedIO().completionMode(CompletionMode.ALWAYS_POST);
            connection.receive(before);
            link.peerSends("x");
            assertThat(packets.next().text()).isEqualTo("x");
            awaitThere(link, "abcdefgh");
            MemorySegment memory = Arena.global().allocate(3);
            OverlappedIO io = new OverlappedIO();
            LeasedBuffer retained = inHandler(port, () -> {
                assertThat(connection.receive(io, memory)).isEqualTo(StartResult.COMPLETED_NOT_POSTED);
                assertThat(io.isPending()).isFalse();
                assertThat(Packet.of(io).text()).isEqualTo("bcd");
                assertThat(io.status()).isEqualTo(Status.OK);
                // Not memory of the kernel's: filled before the start returns all the same.
                byte[] heap = new byte[2];
                assertThat(connection.receive(io, MemorySegment.ofArray(heap)))
                        .isEqualTo(StartResult.COMPLETED_NOT_POSTED);
                assertThat(heap).containsExactly('e', 'f');
                // Into the library's buffer, and the same object again while the first buffer is still read.
                assertThat(connection.receive(io)).isEqualTo(StartResult.COMPLETED_NOT_POSTED);
                LeasedBuffer kept = io.retain();
                assertThat(connection.receive(new OverlappedIO())).isEqualTo(StartResult.PENDING);
                return kept;
            });
            assertThat(StandardCharsets.US_ASCII.decode(retained.data()).toString())
                    .isEqualTo("gh");
            retained.release();
            int count = packets.size();
            link.peerSends("i");
            assertThat(packets.next().text()).as("42: pending, then data").isEqualTo("i");
            assertThat(packets.size()).isEqualTo(count + 1);
        }
    }

    /** All of {@code text} but its first byte is in the socket when this returns. */
    private void awaitThere(Link link, String text) throws Exception {
        CompletionMode mode = link.connection().completionMode();
        link.connection().completionMode(CompletionMode.ALWAYS_POST);
        MemorySegment one = Arena.global().allocate(1);
        OverlappedIO first = new OverlappedIO();
        link.connection().receive(first, one);
        link.peerSends(text); // one segment: when its first byte is there, all are
        assertThat(packets.next().io()).isSameAs(first);
        link.connection().completionMode(mode);
    }

    @EachEngine
    @DisplayName(
            "40: the mode of the operation goes before the handle's; elsewhere than in a handler a start is PENDING")
    void shouldPostWhereSkippingIsNotAskedFor(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            awaitThere(link, "abcd");
            MemorySegment one = Arena.global().allocate(1);
            OverlappedIO posted = new OverlappedIO().completionMode(CompletionMode.ALWAYS_POST);
            assertThat(inHandler(port, () -> connection.receive(posted, one))).isEqualTo(StartResult.PENDING);
            assertThat(packets.next().text()).isEqualTo("b");
            OverlappedIO elsewhere = new OverlappedIO();
            assertThat(connection.receive(elsewhere, one)).isEqualTo(StartResult.PENDING);
            assertThat(packets.next().text()).isEqualTo("c");
            connection.completionMode(CompletionMode.ALWAYS_POST);
            OverlappedIO skipped = new OverlappedIO().completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            assertThat(inHandler(port, () -> connection.receive(skipped, one)))
                    .isEqualTo(StartResult.COMPLETED_NOT_POSTED);
            assertThat(Packet.of(skipped).text()).isEqualTo("d");
        }
    }

    @EachEngine
    @DisplayName("42: a port without a handler has no skipping: each start has its packet")
    void shouldPostOnAPortWithoutAHandler(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.connection().completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            link.peerSends("x");
            OverlappedIO io = new OverlappedIO();
            assertThat(link.connection().receive(io)).isEqualTo(StartResult.PENDING);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
        }
    }

    @EachEngine
    @DisplayName("41: one run of a handler gets sixteen; the seventeenth is posted, the next run gets sixteen again")
    void shouldBoundWhatEndsAtOnce(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 51; i++) {
                text.append((char) ('0' + i));
            }
            awaitThere(link, text.toString());
            StringBuilder read = new StringBuilder().append(text.charAt(0));
            MemorySegment one = Arena.global().allocate(1);
            for (int round = 0; round < 2; round++) {
                OverlappedIO io = new OverlappedIO();
                int ended = inHandler(port, () -> {
                    int count = 0;
                    while (connection.receive(io, one) == StartResult.COMPLETED_NOT_POSTED) {
                        read.append(Packet.of(io).text());
                        count++;
                    }
                    return count;
                });
                assertThat(ended).isEqualTo(16);
                read.append(packets.next().text());
            }
            assertThat(text.toString()).startsWith(read.toString());
            assertThat(read).hasSize(1 + 2 * 17);
        }
    }

    @EachEngine
    @DisplayName("45: a reset before the start is posted as RESET, never told as an end of the stream; so is the next")
    void shouldPostAFailure(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            link.peerResets();
            OverlappedIO io = new OverlappedIO();
            StartResult result = inHandler(port, () -> connection.receive(io));
            assertThat(result).isIn(StartResult.PENDING, StartResult.COMPLETED_POSTED);
            assertThat(packets.next().status()).isEqualTo(Status.RESET);
            assertThat(inHandler(port, () -> connection.receive(io)))
                    .as("known to be broken")
                    .isEqualTo(StartResult.COMPLETED_POSTED);
            assertThat(packets.next().status()).isEqualTo(Status.RESET);
        }
    }

    @EachEngine
    @DisplayName("43 and 41: the end of the stream is told by the start, again and again")
    void shouldTellTheEndOfTheStream(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.receive(new OverlappedIO());
            link.peerFinishes();
            assertThat(packets.next().status()).isEqualTo(Status.EOF);
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            OverlappedIO io = new OverlappedIO();
            for (int i = 0; i < 3; i++) {
                assertThat(inHandler(
                                port,
                                () -> connection.receive(io, Arena.global().allocate(1))))
                        .isEqualTo(StartResult.COMPLETED_NOT_POSTED);
                assertThat(io.status()).isEqualTo(Status.EOF);
                assertThat(io.bytesTransferred()).isZero();
            }
        }
    }

    @EachEngine
    @DisplayName(
            "42: a send that the kernel takes at once has no packet; what it takes in part is posted, whole and in order")
    void shouldNeitherLoseNorRepeatBytesOfASend(EngineChoice engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = open(fixture);
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            connection.completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            int length = 16 << 20;
            MemorySegment big = Arena.global().allocate(length);
            for (int i = 0; i < length; i++) {
                big.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
            }
            OverlappedIO small = new OverlappedIO("small");
            OverlappedIO large = new OverlappedIO("large");
            OverlappedIO after = new OverlappedIO("after");
            List<StartResult> results = inHandler(
                    port,
                    () -> List.of(
                            connection.send(small, StandardCharsets.US_ASCII.encode("first")),
                            connection.send(large, big),
                            connection.send(after, StandardCharsets.US_ASCII.encode("last"))));
            assertThat(results)
                    .containsExactly(StartResult.COMPLETED_NOT_POSTED, StartResult.PENDING, StartResult.PENDING);
            assertThat(small.bytesTransferred()).isEqualTo(5);
            assertThat(link.peerReadsText(5)).isEqualTo("first");
            byte[] read = link.peerReads(length);
            assertThat(Arrays.equals(read, big.toArray(ValueLayout.JAVA_BYTE))).isTrue();
            assertThat(link.peerReadsText(4)).isEqualTo("last");
            List<Packet> posted = packets.next(2);
            assertThat(posted).extracting(Packet::io).containsExactly(large, after);
            assertThat(posted).extracting(Packet::bytes).containsExactly((long) length, 4L);
            assertThat(posted).extracting(Packet::sequence).containsExactly(1L, 2L);
            assertThat(packets.size()).isEqualTo(2);
        }
    }

    @EachEngine
    @DisplayName("41 and 42: an echo that skips what it can loses and repeats no byte, and keeps their order")
    void shouldEchoEveryByteOnceAndInOrder(TestEngine engine) throws Exception {
        int length = 2_000_000;
        byte[] sent = new byte[length];
        new Random(41).nextBytes(sent);
        AtomicInteger skipped = new AtomicInteger();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {
                if (packet.kind() != OperationKind.RECEIVE || packet.status() != Status.OK) {
                    return;
                }
                Connection connection = packet.connection();
                StartResult result = null;
                do {
                    connection.send(new OverlappedIO(), packet.data());
                    if (result != null) {
                        skipped.incrementAndGet();
                    }
                    result = connection.receive(packet);
                } while (result == StartResult.COMPLETED_NOT_POSTED && packet.status() == Status.OK);
            });
            Link link = fixture.link(port, "key");
            link.connection().completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
            // More than one receive takes, so that the second finds bytes however slow the rest comes.
            int first = 30_000;
            link.peerSends(Arrays.copyOf(sent, first));
            link.connection().receive(new OverlappedIO());
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                Random random = new Random(42);
                for (int at = first; at < length; ) {
                    int count = Math.min(1 + random.nextInt(10_000), length - at);
                    try {
                        link.peerSends(Arrays.copyOfRange(sent, at, at + count));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    at += count;
                }
            });
            assertThat(Arrays.equals(link.peerReads(length), sent)).isTrue();
            writing.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
            assertThat(skipped).as("receives that ended within their start").hasPositiveValue();
        }
    }
}
