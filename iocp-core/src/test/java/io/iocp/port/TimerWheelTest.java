package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moves time by hand: no clock, no thread. */
class TimerWheelTest {
    private static final long TICK = TimerWheel.TICK_NANOS;

    /** Not a round number, and far from 0: a wheel may start at any time. */
    private static final long ORIGIN = 123_456_789_012_345L;

    private final TimerWheel wheel = new TimerWheel(ORIGIN);
    private long now = ORIGIN;
    private final List<Recorded> expired = new ArrayList<>();

    private final class Recorded extends Timer {
        final long deadline;
        long expiredAt = Long.MIN_VALUE;
        Runnable then = () -> {};

        Recorded(long deadline) {
            this.deadline = deadline;
        }

        @Override
        void expired() {
            assertThat(isArmed()).isFalse();
            expiredAt = now;
            expired.add(this);
            then.run();
        }
    }

    private Recorded arm(long delay) {
        Recorded timer = new Recorded(now + delay);
        wheel.arm(timer, timer.deadline);
        return timer;
    }

    private void advanceTo(long nanos) {
        now = nanos;
        wheel.advance(nanos);
    }

    @Test
    void shouldHaveNothingToDoWhenEmpty() {
        assertThat(wheel.size()).isZero();
        assertThat(wheel.nanosUntilNext(now)).isEqualTo(-1);
        advanceTo(now + 1_000_000_000_000L);
        assertThat(wheel.nanosUntilNext(now)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                62,
                63,
                64,
                65,
                127,
                128,
                4094,
                4095,
                4096,
                4097,
                8191,
                8192,
                262_143,
                262_144,
                262_145,
                16_777_215,
                16_777_216,
                1_073_741_823,
                1_073_741_824
            })
    void shouldExpireAtItsTickAndNotBeforeWhereverTheLevelsMeet(long ticks) {
        for (long start : new long[] {0, 1, 63, 64, 4095, 4096, 262_143}) {
            TimerWheelTest test = new TimerWheelTest();
            test.advanceTo(ORIGIN + start * TICK);
            test.arm(1L << 55); // something that is there all the time
            Recorded timer = test.arm(ticks * TICK);
            // One that is due a nanosecond after a tick waits for the next one.
            Recorded odd = test.arm(ticks * TICK + 1);
            test.stepTo(timer.deadline - 1);
            assertThat(test.expired).as("early, from %d", start).isEmpty();
            test.stepTo(timer.deadline + TICK);
            assertThat(test.expired).contains(timer);
            test.stepTo(odd.deadline + TICK);
            assertThat(test.expired).contains(timer, odd).hasSize(2);
            assertThat(odd.expiredAt).isGreaterThanOrEqualTo(odd.deadline);
        }
    }

    /** As the holder does: from one moment at which there is something to do to the next. */
    private void stepTo(long nanos) {
        while (true) {
            long wait = wheel.nanosUntilNext(now);
            if (wait < 0 || now + wait > nanos) {
                break;
            }
            advanceTo(now + Math.max(wait, 1));
        }
        advanceTo(nanos);
    }

    @Test
    void shouldNotExpireWhatWasDisarmed() {
        Recorded first = arm(5 * TICK);
        Recorded second = arm(5 * TICK);
        Recorded third = arm(5 * TICK);
        wheel.disarm(second);
        wheel.disarm(second);
        assertThat(second.isArmed()).isFalse();
        assertThat(wheel.size()).isEqualTo(2);
        advanceTo(now + 10 * TICK);
        assertThat(expired).containsExactlyInAnyOrder(first, third);
        assertThat(wheel.size()).isZero();
    }

    @Test
    void shouldMoveATimerThatIsArmedAgain() {
        Recorded timer = arm(5 * TICK);
        wheel.arm(timer, now + 100 * TICK);
        assertThat(wheel.size()).isEqualTo(1);
        advanceTo(now + 99 * TICK);
        assertThat(expired).isEmpty();
        wheel.arm(timer, now + TICK);
        advanceTo(now + 2 * TICK);
        assertThat(expired).containsExactly(timer);
    }

    @Test
    void shouldLetATimerArmItselfAndDisarmItsNeighbours() {
        Recorded again = arm(3 * TICK);
        Recorded neighbour = arm(3 * TICK);
        Recorded other = arm(3 * TICK);
        int[] rounds = {0};
        Runnable then = () -> {
            // Whichever of the bucket comes first takes the others out.
            wheel.disarm(neighbour);
            wheel.disarm(other);
            wheel.disarm(again);
            if (++rounds[0] < 10) {
                wheel.arm(again, now); // due at once means the next tick
            }
        };
        again.then = then;
        neighbour.then = then;
        other.then = then;
        for (int i = 0; i < 30; i++) {
            advanceTo(now + TICK);
        }
        assertThat(rounds[0]).isEqualTo(10);
        assertThat(wheel.size()).isZero();
    }

    @Test
    void shouldExpireWhatIsOverdueAtTheNextTick() {
        advanceTo(now + 500 * TICK);
        Recorded past = arm(-400 * TICK);
        assertThat(wheel.nanosUntilNext(now)).isBetween(0L, TICK);
        advanceTo(now + TICK);
        assertThat(expired).containsExactly(past);
    }

    @Test
    void shouldExpireInTheOrderOfTheTicksWhenTimeJumps() {
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            arm(random.nextLong(10_000 * TICK));
        }
        advanceTo(now + 20_000 * TICK);
        assertThat(expired).hasSize(2000);
        for (int i = 1; i < expired.size(); i++) {
            assertThat(expired.get(i).deadlineTick).isGreaterThanOrEqualTo(expired.get(i - 1).deadlineTick);
        }
    }

    @Test
    void shouldArmRightAfterALongTimeWithoutTimers() {
        for (long gap : new long[] {63, 64, 4096, 300_000, 20_000_000, 1L << 37}) {
            // The holder does not tell an empty wheel the time.
            now += gap * TICK;
            Recorded timer = arm(70 * TICK);
            wheel.advance(now);
            stepTo(timer.deadline - 1);
            assertThat(timer.isArmed()).as("early after a gap of %d", gap).isTrue();
            stepTo(timer.deadline + TICK);
            assertThat(timer.isArmed()).as("late after a gap of %d", gap).isFalse();
        }
    }

    @Test
    void shouldExpireAHundredThousandTimersNeverEarlyAndAtMostATickLate() {
        Random random = new Random(100_000);
        for (int i = 0; i < 100_000; i++) {
            arm(random.nextLong(60_000 * TICK));
        }
        assertThat(wheel.size()).isEqualTo(100_000);
        stepTo(now + 61_000 * TICK);
        assertThat(expired).hasSize(100_000);
        for (Recorded timer : expired) {
            assertThat(timer.expiredAt - timer.deadline).isBetween(0L, TICK);
        }
    }

    @Test
    void shouldShowEveryTimerOnceAndLetTheVisitorDisarmIt() {
        Random random = new Random(7);
        Set<Timer> armed = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            armed.add(arm(random.nextLong(1L << random.nextInt(50))));
        }
        Set<Timer> seen = new HashSet<>();
        wheel.forEach(timer -> {
            assertThat(seen.add(timer)).isTrue();
            wheel.disarm(timer);
        });
        assertThat(seen).isEqualTo(armed);
        assertThat(wheel.size()).isZero();
        assertThat(wheel.nanosUntilNext(now)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void shouldDoAsASortedMapWould(long seed) {
        Random random = new Random(seed);
        TreeMap<Long, Set<Recorded>> model = new TreeMap<>(); // by tick
        List<Recorded> armed = new ArrayList<>();
        for (int step = 0; step < 10_000; step++) {
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    Recorded timer = arm(random.nextLong(1L << (10 + random.nextInt(35))));
                    model.computeIfAbsent(timer.deadlineTick, t -> new HashSet<>())
                            .add(timer);
                    armed.add(timer);
                }
                case 2 -> {
                    if (!armed.isEmpty()) {
                        Recorded timer = armed.remove(random.nextInt(armed.size()));
                        if (timer.isArmed()) {
                            Set<Recorded> there = Objects.requireNonNull(model.get(timer.deadlineTick));
                            there.remove(timer);
                            if (there.isEmpty()) {
                                model.remove(timer.deadlineTick);
                            }
                            wheel.disarm(timer);
                        }
                    }
                }
                default -> {
                    expired.clear();
                    advanceTo(now + random.nextLong(1L << random.nextInt(33)));
                    var due = model.headMap((now - ORIGIN) / TICK, true);
                    Set<Recorded> expected = new HashSet<>();
                    due.values().forEach(expected::addAll);
                    due.clear();
                    assertThat(new HashSet<>(expired))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(expected);
                    assertThat(expired).allMatch(timer -> timer.deadline <= now);
                }
            }
            int size = model.values().stream().mapToInt(Set::size).sum();
            assertThat(wheel.size()).isEqualTo(size);
            if (model.isEmpty()) {
                assertThat(wheel.nanosUntilNext(now)).isEqualTo(-1);
            } else {
                // Never sleeps past a deadline.
                assertThat(now + wheel.nanosUntilNext(now))
                        .isLessThanOrEqualTo(Math.max(now, ORIGIN + model.firstKey() * TICK));
            }
        }
    }
}
