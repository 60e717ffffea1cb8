package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Spares: when they end, and when they must not. */
@Timeout(60)
class WorkersTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final long SOON = TimeUnit.MILLISECONDS.toNanos(1);

    /** Numbers of workers that the kernel has requests of. */
    private final Set<Integer> held = ConcurrentHashMap.newKeySet();

    private final AtomicInteger looks = new AtomicInteger();

    private final Workers workers = new Workers(
            "test",
            3,
            1,
            0,
            new QuietRunner(),
            number -> {
                looks.incrementAndGet();
                return held.contains(number);
            },
            () -> {},
            SOON,
            SOON);

    @AfterEach
    void dismiss() {
        workers.dismiss();
    }

    private Worker reserve() {
        return Objects.requireNonNull(workers.reserve());
    }

    @Test
    void shouldEndASpareThatHadNoWorkForLongEnough() {
        Worker spare = reserve();
        workers.release(spare);
        await().atMost(DEADLINE).until(() -> !spare.isAlive());
        assertThat(workers.all()).isEmpty();
        assertThat(workers.parkedCount()).isZero();
        assertThat(workers.waiting()).isZero();
    }

    @Test
    void shouldNotEndASpareWhileTheKernelHasRequestsOfIt() {
        Worker spare = reserve();
        held.add(spare.number());
        workers.release(spare);
        await().atMost(DEADLINE).until(() -> looks.get() >= 5);
        assertThat(spare.isAlive()).isTrue();
        assertThat(workers.isParked(spare)).as("it can be had all the same").isTrue();
        held.clear();
        await().atMost(DEADLINE).until(() -> !spare.isAlive());
        assertThat(workers.all()).isEmpty();
    }

    @Test
    void shouldNotEndASpareThatIsReserved() {
        Worker spare = reserve();
        assertThat(workers.mayRetire(spare, true)).isFalse();
        workers.release(spare);
        await().atMost(DEADLINE).until(() -> !spare.isAlive());
    }

    @Test
    void shouldEndSparesAtOnceWhenThePortIsClosedWhateverTheKernelHas() {
        Worker parked = reserve();
        Worker reserved = reserve();
        held.add(parked.number());
        held.add(reserved.number());
        workers.release(parked);
        workers.dismiss();
        await().atMost(DEADLINE).until(() -> !parked.isAlive());
        assertThat(reserved.isAlive()).isTrue();
        workers.release(reserved);
        await().atMost(DEADLINE).until(() -> !reserved.isAlive());
    }

    @Test
    void shouldMakeNoMoreThreadsThanItMay() {
        Worker one = reserve();
        Worker two = reserve();
        Worker three = reserve();
        assertThat(Set.of(one.number(), two.number(), three.number())).hasSize(3);
        assertThat(workers.reserve()).isNull();
        workers.release(two);
        workers.release(one);
        workers.release(three);
        await().atMost(DEADLINE).until(() -> workers.all().isEmpty());
    }
}
