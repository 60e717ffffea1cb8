package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Finding and cancelling operations on the roll of their endpoint, from any thread. */
@Timeout(60)
class RollTest {
    private final Endpoint endpoint = new Peerless();

    private static void start(Operation operation, Endpoint on, long group) {
        operation.begin(on);
        operation.groupId(group);
        operation.started();
    }

    private static void end(Operation operation) {
        operation.complete();
        operation.deliver();
    }

    @Test
    void shouldForgetWhoHasEnded() {
        Operation stays = new Receive(this);
        start(stays, endpoint, 0);
        for (int i = 0; i < 10_000; i++) {
            Operation once = new Receive(i);
            start(once, endpoint, 0);
            end(once);
        }
        assertThat(endpoint.roll()).contains(stays).hasSizeLessThan(10);
    }

    @Test
    void shouldHoldAsManyAsAreInFlight() {
        List<Operation> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Operation operation = new Receive(i);
            start(operation, endpoint, 0);
            all.add(operation);
        }
        assertThat(endpoint.roll()).containsExactlyInAnyOrderElementsOf(all);
        all.forEach(RollTest::end);
        all.forEach(operation -> start(operation, endpoint, 0));
        assertThat(endpoint.roll()).as("started again where they were").containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void shouldNotGrowWhenOperationsGoToAndFro() {
        Endpoint other = new Peerless();
        Operation stays = new Receive(this);
        start(stays, endpoint, 0);
        Operation moves = new Receive(this);
        for (int i = 0; i < 10_000; i++) {
            start(moves, i % 2 == 0 ? endpoint : other, 0);
            if (i % 3 == 0) {
                start(new Receive(i), endpoint, 0); // while the other is in flight here, or there
                for (Operation operation : endpoint.roll()) {
                    if (operation != moves && operation != stays && operation.isPending()) {
                        end(operation);
                    }
                }
            }
            end(moves);
        }
        assertThat(endpoint.roll()).contains(stays).hasSizeLessThan(12);
    }

    /** Many starts by a few packets in turn, as of a connection that receives all the time and sends with any of them. */
    private long allocatedByStartsOf(int packets, Endpoint... places) {
        Operation stays = new Receive(this);
        start(stays, endpoint, 0);
        Operation[] inTurn = new Operation[packets];
        Arrays.setAll(inTurn, Send::new);
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int i = 0; i < 22_000; i++) {
            if (i == 2_000) {
                before = memory.getCurrentThreadAllocatedBytes();
            }
            start(inTurn[i % packets], places[i / packets % places.length], 0);
            end(inTurn[i % packets]);
        }
        return memory.getCurrentThreadAllocatedBytes() - before;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 9})
    void shouldAllocateNothingWhenPacketsTakeTurns(int packets) {
        assertThat(allocatedByStartsOf(packets, endpoint)).isLessThan(20_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldAllocateNothingWhenPacketsGoToAndFro(int packets) {
        assertThat(allocatedByStartsOf(packets, endpoint, new Peerless())).isLessThan(20_000);
    }

    @Test
    void shouldNotCancelAStartThatCannotBeCancelledYetOrAnyMore() {
        Operation operation = new Receive(this);
        operation.begin(endpoint);
        assertThat(operation.requestCancel(endpoint, null)).as("begun").isFalse();
        operation.started();
        assertThat(operation.requestCancel(endpoint, 1L)).as("another group").isFalse();
        assertThat(operation.requestCancel(new Peerless(), null))
                .as("another endpoint")
                .isFalse();
        assertThat(operation.isPendingIn(endpoint, 0)).isTrue();
        assertThat(operation.requestCancel(endpoint, 0L)).isTrue();
        assertThat(operation.requestCancel(endpoint, 0L)).as("again").isFalse();
        assertThat(operation.isPendingIn(endpoint, 0)).as("being cancelled").isTrue();
        operation.complete();
        assertThat(operation.isPendingIn(endpoint, 0))
                .as("its packet is queued")
                .isFalse();
        operation.deliver();
        operation.begin(endpoint);
        operation.abandon();
        assertThat(operation.isPending()).isFalse();
    }

    @Test
    void shouldCountEveryCancelOnceAndOnlyInItsGroup() throws Exception {
        Endpoint other = new Peerless();
        AtomicLong suffered = new AtomicLong();
        AtomicLong wronged = new AtomicLong();
        List<Thread> starters = new ArrayList<>();
        for (int s = 0; s < 2; s++) {
            Random random = new Random(s);
            Operation[] reused = {new Receive(s), new Send(s)};
            starters.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 200_000; i++) {
                    Operation operation = i % 4 == 0 ? new Receive(i) : reused[i % 2];
                    boolean meant = random.nextBoolean();
                    boolean here = random.nextInt(4) > 0;
                    start(operation, here ? endpoint : other, meant ? 7 : 8);
                    if (random.nextBoolean()) {
                        operation.submitted();
                    }
                    for (int spin = random.nextInt(50); spin > 0; spin--) {
                        Thread.onSpinWait();
                    }
                    // As the shard does: what was asked for by now counts, what is asked for later finds it completed.
                    boolean cancelled = operation.requestCancel() ? false : operation.isCancelling();
                    if (cancelled) {
                        suffered.incrementAndGet();
                        if (!meant || !here) {
                            wronged.incrementAndGet();
                        }
                    }
                    end(operation);
                }
            }));
        }
        long counted = 0;
        while (starters.stream().anyMatch(Thread::isAlive)) {
            for (Operation operation : endpoint.roll()) {
                if (operation.requestCancel(endpoint, 7L)) {
                    counted++;
                }
            }
        }
        for (Thread starter : starters) {
            starter.join();
        }
        assertThat(wronged).hasValue(0);
        assertThat(counted).isEqualTo(suffered.get()).isPositive();
    }
}
