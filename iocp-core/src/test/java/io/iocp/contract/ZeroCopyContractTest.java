package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Sends whose buffer the kernel may go on reading: the packet says that they have ended, the callback that it is free. */
class ZeroCopyContractTest {
    private static final int LENGTH = 32 * 1024;

    private static LeasedBuffer filled(CompletionPort port, int length, int with) {
        LeasedBuffer buffer = port.buffers().lease(length);
        buffer.length(length);
        buffer.segment().fill((byte) with);
        return buffer;
    }

    private static byte[] bytes(int length, int of) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) of);
        return bytes;
    }

    private static void await(Semaphore released, int count) throws InterruptedException {
        assertThat(released.tryAcquire(count, PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .as("%d buffers come back; more than there were: %s", count, released)
                .isTrue();
    }

    @EachEngine
    @DisplayName("63: a buffer that is written anew when it has come back does not change what was sent")
    void shouldSendWhatWasThereUntilTheBufferCameBack(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        Semaphore released = new Semaphore(0);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), packets)) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO("mine");
            for (int i = 0; i < 30; i++) {
                LeasedBuffer buffer = filled(port, LENGTH, i);
                buffer.retain();
                assertThat(link.connection().sendZeroCopy(io, buffer, released::release))
                        .isEqualTo(StartResult.PENDING);
                Packet packet = packets.next();
                assertThat(packet.kind()).isEqualTo(OperationKind.SEND);
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.bytes()).isEqualTo(LENGTH);
                assertThat(packet.key()).isEqualTo("key");
                assertThat(packet.attachment()).isEqualTo("mine");
                assertThat(packet.sequence()).isEqualTo(i);
                await(released, 1);
                buffer.segment().fill((byte) 99);
                buffer.release();
                assertThat(link.peerReads(LENGTH)).isEqualTo(bytes(LENGTH, i));
            }
            assertThat(port.buffers().allocatedBytes()).isEqualTo(LENGTH);
            assertThat(port.stats().started().get(OperationKind.POST))
                    .as("statistics are of the application's packets")
                    .isZero();
        }
        assertThat(released.availablePermits()).isZero();
    }

    @EachEngine
    @DisplayName("many in a row, more than the peer reads: all bytes in order, and each buffer comes back once")
    void shouldSendManyInOrder(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        int count = 100;
        AtomicInteger[] released = new AtomicInteger[count];
        Semaphore all = new Semaphore(0);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), packets)) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < count; i++) {
                AtomicInteger mine = new AtomicInteger();
                released[i] = mine;
                int length = i % 10 == 0 ? i / 10 : 100_000; // also nothing, and less than would pay
                link.connection().sendZeroCopy(new OverlappedIO(i), filled(port, length, i), () -> {
                    mine.incrementAndGet();
                    all.release();
                });
            }
            for (int i = 0; i < count; i++) {
                int length = i % 10 == 0 ? i / 10 : 100_000;
                assertThat(link.peerReads(length)).isEqualTo(bytes(length, i));
            }
            for (int i = 0; i < count; i++) {
                Packet packet = packets.next();
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.status()).isEqualTo(Status.OK);
            }
            await(all, count);
        }
        assertThat(released).allMatch(n -> n.get() == 1);
    }

    @EachEngine
    @DisplayName("the buffer comes back however the send ends: reset, cancelled, its time over, its handle closed")
    void shouldGiveTheBufferBackHoweverTheSendEnds(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        Semaphore released = new Semaphore(0);
        int big = 16 << 20; // more than all socket buffers
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), packets)) {
            for (Status how : new Status[] {Status.RESET, Status.CANCELLED, Status.TIMED_OUT, Status.HANDLE_CLOSED}) {
                Link link = fixture.link(port, "key");
                OverlappedIO io = new OverlappedIO();
                OverlappedIO behind = new OverlappedIO();
                io.timeout(how == Status.TIMED_OUT ? Duration.ofMillis(100) : null);
                LeasedBuffer buffer = filled(port, big, 1);
                link.connection().sendZeroCopy(io, buffer.retain(), released::release);
                link.connection().sendZeroCopy(behind, buffer, released::release);
                link.peerReads(1000);
                switch (how) {
                    case RESET -> link.peerResets();
                    case CANCELLED -> {
                        assertThat(io.cancel()).isTrue();
                        assertThat(behind.cancel()).isTrue();
                    }
                    case HANDLE_CLOSED -> link.connection().close();
                    default -> {}
                }
                packets.awaitThat(all -> all.stream().anyMatch(p -> p.io() == io));
                assertThat(io.status()).isEqualTo(how);
                assertThat(io.bytesTransferred()).isBetween(1000L, big - 1L);
                // The kernel reads what it has accepted until the peer has it, or is gone.
                if (how != Status.RESET) {
                    link.peerResets();
                }
                packets.awaitThat(all -> all.stream().anyMatch(p -> p.io() == behind));
                await(released, 2);
                assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
                link.close();
            }
        }
        assertThat(released.availablePermits()).isZero();
    }

    @EachEngine
    @DisplayName("the close of the port waits until every buffer has come back")
    void shouldWaitForTheBuffersWhenThePortCloses(TestEngine engine) throws Exception {
        AtomicInteger released = new AtomicInteger();
        Packets packets = new Packets();
        int count = 20;
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), packets);
            for (int i = 0; i < count; i++) {
                Link link = fixture.link(port, i);
                link.connection().sendZeroCopy(new OverlappedIO(), filled(port, LENGTH, i), released::incrementAndGet);
            }
            port.close();
            assertThat(released).hasValue(count);
            assertThat(packets.all().stream().filter(p -> p.kind() == OperationKind.SEND))
                    .hasSize(count)
                    .allMatch(p -> p.status() == Status.OK || p.status() == Status.PORT_CLOSED);
        }
    }

    @EachEngine
    @DisplayName("a start that throws leaves the lease with the caller, and nothing comes back")
    void shouldLeaveTheLeaseWithTheCallerWhenTheStartThrows(TestEngine engine) throws Exception {
        Semaphore released = new Semaphore(0);
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), packets);
            Link link = fixture.link(port, "key");
            Link closed = fixture.link(port, "closed");
            LeasedBuffer buffer = filled(port, LENGTH, 1);
            OverlappedIO inUse = new OverlappedIO();
            link.connection().receive(inUse);
            assertThatThrownBy(() -> link.connection().sendZeroCopy(inUse, buffer, released::release))
                    .isInstanceOf(IllegalStateException.class);
            closed.connection().close();
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> closed.connection().sendZeroCopy(io, buffer, released::release))
                    .isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> link.connection().sendZeroCopy(io, buffer, null))
                    .isInstanceOf(NullPointerException.class);
            port.close();
            assertThatThrownBy(() -> link.connection().sendZeroCopy(io, buffer, released::release))
                    .isInstanceOfAny(ClosedPortException.class, ClosedChannelException.class);
            assertThat(io.isPending()).isFalse();
            buffer.release();
            assertThatThrownBy(() -> link.connection().sendZeroCopy(io, buffer, released::release))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("released");
        }
        assertThat(released.availablePermits()).isZero();
    }

    @EachEngine
    @DisplayName("what the callback throws is reported, and everything goes on")
    void shouldReportWhatTheCallbackThrows(TestEngine engine) throws Exception {
        BlockingQueue<Throwable> reported = new LinkedBlockingQueue<>();
        Packets packets = new Packets();
        PortListener listener = new PortListener() {
            @Override
            public void handlerFailed(
                    CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {
                assertThat(kind).isEqualTo(OperationKind.SEND);
                assertThat(key).isEqualTo("key");
                reported.add(failure);
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.openWithZeroCopyOnLoopback(fixture.options().listener(listener), packets)) {
            Link link = fixture.link(port, "key");
            AssertionError thrown = new AssertionError("thrown by the test");
            link.connection().sendZeroCopy(new OverlappedIO(), filled(port, LENGTH, 1), () -> {
                throw thrown;
            });
            assertThat(reported.poll(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isSameAs(thrown);
            Semaphore released = new Semaphore(0);
            link.connection().sendZeroCopy(new OverlappedIO(), filled(port, LENGTH, 2), released::release);
            await(released, 1);
            assertThat(link.peerReads(LENGTH)).isEqualTo(bytes(LENGTH, 1));
            assertThat(link.peerReads(LENGTH)).isEqualTo(bytes(LENGTH, 2));
            assertThat(reported).isEmpty();
        }
    }

    @EachEngine
    @DisplayName("the callback may start what it likes: the same buffer and packet go on and on")
    void shouldLetTheCallbackSendAgain(TestEngine engine) throws Exception {
        int rounds = 50;
        CountDownLatch done = new CountDownLatch(rounds);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.openWithZeroCopyOnLoopback(fixture.options(), new Packets())) {
            Link link = fixture.link(port, "key");
            Runnable again = new Runnable() {
                private int round;

                @Override
                public void run() {
                    done.countDown();
                    if (++round < rounds) {
                        LeasedBuffer buffer = filled(port, 1000, round);
                        ReceiveContractTest.start(
                                () -> link.connection().sendZeroCopy(new OverlappedIO(), buffer, this));
                    }
                }
            };
            link.connection().sendZeroCopy(new OverlappedIO(), filled(port, 1000, 0), again);
            for (int i = 0; i < rounds; i++) {
                assertThat(link.peerReads(1000)).isEqualTo(bytes(1000, i));
            }
            assertThat(done.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    @EachEngine
    @DisplayName("a handler that waits for its buffer, and says so, gets it: another worker goes on meanwhile")
    void shouldGiveTheBufferBackWhileTheHandlerThatSentItWaits(TestEngine engine) throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort[] port = new CompletionPort[1];
            port[0] = fixture.openWithZeroCopyOnLoopback(fixture.options(), io -> {
                if (io.kind() == OperationKind.READABLE) {
                    CountDownLatch back = new CountDownLatch(1);
                    io.connection().sendZeroCopy(new OverlappedIO(), filled(port[0], LENGTH, 7), back::countDown);
                    boolean came =
                            port[0].blocking(() -> back.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS));
                    seen.add(came ? "back" : "never");
                }
            });
            Link link = fixture.link(port[0], "key");
            link.connection().awaitReadable(new OverlappedIO());
            link.peerSends("go");
            assertThat(link.peerReads(LENGTH)).isEqualTo(bytes(LENGTH, 7));
            assertThat(seen.poll(2 * PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo("back");
        }
    }

    @EachEngine
    @DisplayName("a send that ends within its start and skips its packet gives its buffer back all the same")
    void shouldGiveTheBufferBackWithoutAPacket(TestEngine engine) throws Exception {
        Semaphore released = new Semaphore(0);
        BlockingQueue<StartResult> results = new LinkedBlockingQueue<>();
        AtomicInteger sendPackets = new AtomicInteger();
        int count = 20;
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort[] port = new CompletionPort[1];
            // As any port has it: a short send to a loopback address is copied.
            port[0] = fixture.open(io -> {
                if (io.kind() == OperationKind.SEND) {
                    sendPackets.incrementAndGet();
                    return;
                }
                for (int i = 0; i < count; i++) {
                    OverlappedIO send = new OverlappedIO().completionMode(CompletionMode.SKIP_IF_IMMEDIATE);
                    LeasedBuffer buffer = port[0].buffers().lease(3);
                    buffer.length(3);
                    buffer.data().put(0, "abc".getBytes(StandardCharsets.US_ASCII));
                    results.add(io.connection().sendZeroCopy(send, buffer, released::release));
                }
            });
            Link link = fixture.link(port[0], "key");
            link.connection().awaitReadable(new OverlappedIO());
            link.peerSends("go");
            assertThat(link.peerReadsText(3 * count)).isEqualTo("abc".repeat(count));
            await(released, count);
        }
        long skipped = results.stream()
                .filter(r -> r == StartResult.COMPLETED_NOT_POSTED)
                .count();
        assertThat(sendPackets).hasValue((int) (count - skipped));
        assertThat(released.availablePermits()).isZero();
    }
}
