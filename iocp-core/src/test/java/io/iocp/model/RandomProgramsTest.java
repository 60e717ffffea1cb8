package io.iocp.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs a {@link Program} for each of many seeds, on all processors.
 *
 * <p>{@code -Diocp.programs=1000000} runs as many (seeds from 1 on, or from {@code -Diocp.programs.from}); {@code
 * -Diocp.seed=17} runs one and prints what happens in it, also with the planted bug of {@code -Diocp.bug}. {@code -Diocp.programs.free=10000} is how many run freely.
 */
class RandomProgramsTest {
    private static final int PROGRAMS_IN_BUILD = 1500;

    private static final int FREE_PROGRAMS_IN_BUILD = 300;
    private static final int MOST_FAILURES = 5;

    /** Seeds after which a planted bug must have been found. */
    private static final int MOST_TO_FIND = 5000;

    @Test
    @DisplayName("every program finds every rule kept")
    void shouldKeepEveryRule() throws InterruptedException {
        Long only = Long.getLong("iocp.seed");
        PlantedBug bug = PlantedBug.valueOf(System.getProperty("iocp.bug", PlantedBug.NONE.name()));
        if (only != null) {
            List<String> trace = new ArrayList<>();
            String broken = broken(only, new Slab(), bug, trace);
            trace.forEach(System.out::println);
            assertThat(broken).isNull();
            return;
        }
        long from = Long.getLong("iocp.programs.from", 1);
        Queue<String> failures = run(from, Long.getLong("iocp.programs", PROGRAMS_IN_BUILD), bug);
        assertThat(failures).as("programs that found a rule broken").isEmpty();
    }

    @Test
    @DisplayName("every program finds the rules kept by workers that run freely, on two shards")
    void shouldKeepEveryRuleWithWorkersThatRunFreely() {
        Slab slab = new Slab();
        long count = Long.getLong("iocp.programs.free", FREE_PROGRAMS_IN_BUILD);
        for (long seed = 1; seed <= count; seed++) {
            List<String> trace = new ArrayList<>();
            String broken = broken(new Program(seed, slab, trace, true), PlantedBug.NONE);
            assertThat(broken).as("%s", String.join("\n  ", trace)).isNull();
        }
    }

    @Test
    @DisplayName("the same seed makes the same run")
    void shouldRunTheSameAgain() {
        Slab slab = new Slab();
        for (long seed = 1; seed <= 30; seed++) {
            List<String> once = new ArrayList<>();
            List<String> again = new ArrayList<>();
            assertThat(broken(seed, slab, PlantedBug.NONE, once)).isNull();
            assertThat(broken(seed, slab, PlantedBug.NONE, again)).isNull();
            assertThat(again).as("seed %d", seed).isEqualTo(once).isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    @DisplayName("a planted bug is found")
    void shouldFindAPlantedBug(PlantedBug bug) {
        Slab slab = new Slab();
        String found = LongStream.rangeClosed(1, MOST_TO_FIND)
                .mapToObj(seed -> broken(seed, slab, bug, null))
                .filter(broken -> broken != null)
                .findFirst()
                .orElse(null);
        assertThat(found)
                .as("what the first %d programs found of %s", MOST_TO_FIND, bug)
                .isNotNull();
    }

    private static Queue<String> run(long from, long count, PlantedBug bug) throws InterruptedException {
        AtomicLong next = new AtomicLong(from);
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        long begin = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        // More than there are processors, because a program's two threads wait for each other now and then.
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            threads.add(Thread.ofPlatform().name("programs-" + i).start(() -> {
                Slab slab = new Slab();
                for (long seed = next.getAndIncrement();
                        seed < from + count && failures.size() < MOST_FAILURES;
                        seed = next.getAndIncrement()) {
                    if (broken(seed, slab, bug, null) != null) {
                        List<String> trace = new ArrayList<>();
                        String again = broken(seed, slab, bug, trace);
                        failures.add(again + "; replay with -Diocp.seed=" + seed + "\n  " + String.join("\n  ", trace));
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.printf(
                "%,d random programs in %.1f s%n",
                Math.min(next.get() - from, count), (System.nanoTime() - begin) / 1e9);
        return failures;
    }

    /** What the program of this seed found broken; null for nothing. */
    private static @Nullable String broken(long seed, Slab slab, PlantedBug bug, @Nullable List<String> trace) {
        return broken(new Program(seed, slab, trace), bug);
    }

    private static @Nullable String broken(Program program, PlantedBug bug) {
        try {
            program.run(bug);
            return null;
        } catch (AssertionError broken) {
            return broken.getCause() == null ? broken.getMessage() : broken.getMessage() + ": " + broken.getCause();
        }
    }
}
