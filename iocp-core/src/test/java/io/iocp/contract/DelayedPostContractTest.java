package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.OperationKind;
import io.iocp.operation.ScheduledPost;
import io.iocp.operation.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** Posts that wait for their time, or for a handle to close. */
class DelayedPostContractTest {

    @EachEngine
    @DisplayName("114: a post delayed by a second comes with TIMER_EXPIRED, not earlier")
    void shouldDeliverADelayedPostNotBeforeItsTime(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            OverlappedIO io = new OverlappedIO("mine");
            long begin = System.nanoTime();
            ScheduledPost scheduled = port.postDelayed(io, "key", Duration.ofSeconds(1), null);
            assertThat(scheduled.isPending()).isTrue();
            assertThat(port.poll()).isNull();
            assertThatThrownBy(() -> port.post(io, null, 0, Status.OK)).isInstanceOf(IllegalStateException.class);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(1_000_000_000);
            assertThat(io.kind()).isEqualTo(OperationKind.POST);
            assertThat(io.status()).isEqualTo(Status.TIMER_EXPIRED);
            assertThat(io.key()).isEqualTo("key");
            assertThat(io.attachment()).isEqualTo("mine");
            assertThat(io.failure()).isNull();
            assertThat(scheduled.isPending()).isFalse();
            assertThat(scheduled.cancel()).isFalse();
        }
    }

    @EachEngine
    @DisplayName("114: many delays, none early, each delivered once")
    void shouldDeliverManyDelayedPostsOnceAndNotEarly(TestEngine engine) throws Exception {
        AtomicInteger early = new AtomicInteger();
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packet -> {
                    if (System.nanoTime() - (Long) java.util.Objects.requireNonNull(packet.key()) < 0) {
                        early.incrementAndGet();
                    }
                    packets.completed(packet);
                })) {
            Random random = new Random(114);
            for (int i = 0; i < 2000; i++) {
                long delay = random.nextInt(300_000_000);
                long due = System.nanoTime() + delay;
                port.postDelayed(new OverlappedIO(i), due, Duration.ofNanos(delay), null);
            }
            List<Packet> all = packets.next(2000);
            assertThat(early).hasValue(0);
            assertThat(all).allMatch(p -> p.status() == Status.TIMER_EXPIRED);
            assertThat(all).extracting(Packet::attachment).doesNotHaveDuplicates();
        }
    }

    @EachEngine
    @DisplayName("114: no delay, and a delay in the past, come at once")
    void shouldDeliverAPostWithoutDelayAtOnce(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            for (Duration delay : List.of(Duration.ZERO, Duration.ofSeconds(-5), Duration.ofNanos(1))) {
                OverlappedIO io = new OverlappedIO();
                port.postDelayed(io, null, delay, null);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.TIMER_EXPIRED);
            }
        }
    }

    @EachEngine
    @DisplayName("115: a post bound to a handle comes at once with HANDLE_CLOSED when that is closed")
    void shouldDeliverABoundPostWhenItsHandleIsClosed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "connection");
            OverlappedIO[] ios = {new OverlappedIO(0), new OverlappedIO(1), new OverlappedIO(2)};
            for (OverlappedIO io : ios) {
                port.postDelayed(io, "ignored", Duration.ofDays(1), link.connection());
            }
            link.connection().close();
            List<OverlappedIO> got = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.status()).isEqualTo(Status.HANDLE_CLOSED);
                assertThat(io.key()).isEqualTo("connection");
                got.add(io);
            }
            assertThat(got).containsExactlyInAnyOrder(ios);
            // Bound to what is closed already.
            OverlappedIO late = new OverlappedIO();
            port.postDelayed(late, null, Duration.ofDays(1), link.connection());
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(late);
            assertThat(late.status()).isEqualTo(Status.HANDLE_CLOSED);
        }
    }

    @EachEngine
    @DisplayName("115: a post bound to a handle that stays open comes when it is due, with the handle's key")
    void shouldDeliverABoundPostWhenItIsDue(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "connection");
            OverlappedIO io = new OverlappedIO();
            port.postDelayed(io, null, Duration.ofMillis(20), link.connection());
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.TIMER_EXPIRED);
            assertThat(io.key()).isEqualTo("connection");
            assertThat(io.handle()).isSameAs(link.connection());
            link.connection().close();
            assertThat(port.poll(Duration.ofMillis(30))).isNull();
        }
    }

    @EachEngine
    @DisplayName("116: a cancelled delayed post brings nothing, and its packet is free at once")
    void shouldDeliverNothingForACancelledPost(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "connection");
            OverlappedIO free = new OverlappedIO();
            OverlappedIO bound = new OverlappedIO();
            ScheduledPost first = port.postDelayed(free, null, Duration.ofMillis(30), null);
            ScheduledPost second = port.postDelayed(bound, null, Duration.ofDays(1), link.connection());
            assertThat(first.cancel()).isTrue();
            assertThat(first.cancel()).isFalse();
            assertThat(first.isPending()).isFalse();
            assertThat(free.isPending()).isFalse();
            assertThat(second.cancel()).isTrue();
            link.connection().close();
            port.postDelayed(free, "again", Duration.ofMillis(60), null);
            Packet packet = packets.next();
            assertThat(packet.key()).isEqualTo("again");
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(1);
        }
    }

    @EachEngine
    @DisplayName("116: cancels race with the due time: delivered or cancelled, never both, never neither")
    void shouldEitherDeliverOrCancel(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            int rounds = 3000;
            int cancelled = 0;
            Random random = new Random(116);
            for (int i = 0; i < rounds; i++) {
                ScheduledPost post =
                        port.postDelayed(new OverlappedIO(i), null, Duration.ofNanos(random.nextInt(1_500_000)), null);
                for (int spin = random.nextInt(30_000); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                if (post.cancel()) {
                    cancelled++;
                }
            }
            int delivered = rounds - cancelled;
            packets.awaitThat(all -> all.size() == delivered);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(delivered);
            assertThat(packets.all()).extracting(Packet::attachment).doesNotHaveDuplicates();
        }
    }

    @EachEngine
    @DisplayName("closing the port ends what is delayed with PORT_CLOSED")
    void shouldEndDelayedPostsWhenThePortCloses(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().concurrency(2), packets);
            for (int i = 0; i < 100; i++) {
                port.postDelayed(new OverlappedIO(i), null, Duration.ofHours(i), null);
            }
            // The first is due at once and may come before the close.
            packets.next();
            fixture.end(port);
            assertThat(packets.all()).hasSize(100);
            assertThat(packets.all().subList(1, 100)).allMatch(p -> p.status() == Status.PORT_CLOSED);
            OverlappedIO late = new OverlappedIO();
            assertThatThrownBy(() -> port.postDelayed(late, null, Duration.ZERO, null))
                    .isInstanceOf(ClosedPortException.class);
            assertThat(late.isPending()).isFalse();
        }
    }

    @EachEngine
    @DisplayName("a delayed post that was accepted is delivered, however it races with the close")
    void shouldDeliverEveryDelayedPostThatWasAccepted(TestEngine engine) throws Exception {
        for (int round = 0; round < 40; round++) {
            Packets packets = new Packets();
            AtomicInteger accepted = new AtomicInteger();
            try (PortFixture fixture = new PortFixture(engine)) {
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets);
                Thread poster = Thread.ofPlatform().start(() -> {
                    try {
                        while (true) {
                            port.postDelayed(new OverlappedIO(), null, Duration.ofHours(1), null);
                            accepted.incrementAndGet();
                        }
                    } catch (ClosedPortException closed) {
                        return;
                    }
                });
                while (accepted.get() < 10) {
                    Thread.onSpinWait();
                }
                port.close();
                poster.join(); // before it is looked whether nothing is left: a start that is refused counts for a
                // moment
                fixture.end(port);
            }
            assertThat(packets.size()).as("round %d", round).isEqualTo(accepted.get());
        }
    }

    @EachEngine
    @DisplayName("a delay that no clock can count is accepted, and can be cancelled")
    void shouldAcceptADelayOfAnyLength(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            OverlappedIO io = new OverlappedIO();
            ScheduledPost forever = port.postDelayed(io, null, Duration.ofSeconds(Long.MAX_VALUE), null);
            port.postDelayed(new OverlappedIO("soon"), null, Duration.ofMillis(5), null);
            assertThat(port.take().attachment()).isEqualTo("soon");
            assertThat(forever.cancel()).isTrue();
            assertThat(io.isPending()).isFalse();
        }
    }

    @EachEngine
    @DisplayName("a post to a handle comes in order with its packets and with its key")
    void shouldDeliverAPostToAHandleInOrder(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            Link link = fixture.link(port, "connection");
            for (int i = 0; i < 1000; i++) {
                link.connection().post(new OverlappedIO(i), i);
            }
            for (int i = 0; i < 1000; i++) {
                Packet packet = packets.next();
                assertThat(packet.key()).isEqualTo("connection");
                assertThat(packet.attachment()).isEqualTo(i);
                assertThat(packet.bytes()).isEqualTo(i);
            }
        }
    }
}
