package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.OperationIds;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.operation.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;

/** Cancelling and asking for groups of operations. */
class GroupContractTest {

    @EachEngine
    @DisplayName("67: a group is cancelled, the others go on, and the count is exact; of no group it is 0")
    void shouldCancelOnlyTheGroup(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            Link other = fixture.link(port, "other");
            Connection connection = link.connection();
            long group = OperationIds.next();
            assertThat(OperationIds.next()).isNotIn(0L, group);
            assertThat(connection.cancel(group)).isZero();
            List<OverlappedIO> ios = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                OverlappedIO io = new OverlappedIO(i).groupId(i % 2 == 0 ? group : 0);
                connection.receive(io);
                ios.add(io);
            }
            OverlappedIO elsewhere = new OverlappedIO().groupId(group);
            other.connection().receive(elsewhere);
            assertThat(connection.isPending(group)).isTrue();
            assertThat(connection.isPending(group + 1)).isFalse();
            assertThat(connection.cancel(group)).isEqualTo(5);
            assertThat(connection.cancel(group)).as("a second time").isZero();
            for (int i = 0; i < 5; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.groupId()).isEqualTo(group);
                assertThat(io.status()).isEqualTo(Status.CANCELLED);
            }
            assertThat(connection.isPending(group)).isFalse();
            assertThat(connection.isPending(0)).isTrue();
            assertThat(elsewhere.isPending()).isTrue();
            link.peerSends("1");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(ios.get(1));
            assertThat(connection.cancel(0)).isEqualTo(4);
            for (int i = 3; i < 10; i += 2) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.status()).isEqualTo(Status.CANCELLED);
            }
            assertThat(connection.cancelAll()).isZero();
            assertThat(other.connection().cancelAll()).isEqualTo(1);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(elsewhere);
        }
    }

    @EachEngine
    @DisplayName("67: cancelAll takes both directions and every group, also inside a handler")
    void shouldCancelEverythingInsideAHandler(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        AtomicReference<@Nullable Connection> target = new AtomicReference<>();
        AtomicInteger count = new AtomicInteger(-1);
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packet -> {
                Connection connection = target.getAndSet(null);
                if (connection != null) {
                    count.set(connection.cancelAll());
                }
                packets.completed(packet);
            });
            Link link = fixture.link(port, "key", packets);
            for (int i = 0; i < 3; i++) {
                link.connection().receive(new OverlappedIO().groupId(i));
            }
            link.connection()
                    .send(new OverlappedIO(), java.lang.foreign.Arena.global().allocate(64 << 20));
            target.set(link.connection());
            port.post("go", null);
            assertThat(packets.next(5).stream().filter(p -> p.status() == Status.CANCELLED))
                    .hasSize(4);
            assertThat(count).hasValue(4);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(5);
        }
    }

    @EachEngine
    @DisplayName("67: cancels race with completions and restarts: each cancel counts one start, and no other group's")
    void shouldCountExactlyWhenCancelsRaceWithCompletions(TestEngine engine) throws Exception {
        int rounds = 3000;
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            AtomicReference<@Nullable Connection> connection = new AtomicReference<>();
            AtomicInteger left = new AtomicInteger(rounds);
            CompletionPort port = fixture.open(packet -> {
                Connection on = connection.get();
                if (on == null || !(packet.attachment() instanceof Integer number)) {
                    return;
                }
                if (packet.status() == Status.CANCELLED) {
                    cancelled.incrementAndGet();
                    if (packet.groupId() != 7) {
                        wrong.incrementAndGet();
                    }
                }
                if (left.decrementAndGet() > 0) {
                    // The very object that a cancel may be looking at is in another group a moment later.
                    on.receive(packet.groupId((left.get() + number) % 2 == 0 ? 7 : 8));
                } else {
                    done.countDown();
                }
            });
            Link link = fixture.link(port, "key");
            connection.set(link.connection());
            for (int i = 0; i < 4; i++) {
                link.connection().receive(new OverlappedIO(i).groupId(7));
            }
            long counted = 0;
            while (done.getCount() > 0) {
                link.peerSends("x");
                counted += link.connection().cancel(7);
            }
            counted += link.connection().cancel(7);
            link.connection().close();
            fixture.end(port);
            assertThat(wrong).as("cancelled in the wrong group").hasValue(0);
            assertThat((long) cancelled.get()).isLessThanOrEqualTo(counted);
            assertThat(counted).isPositive();
        }
    }
}
