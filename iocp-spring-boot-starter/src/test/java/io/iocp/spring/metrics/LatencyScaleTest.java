package io.iocp.spring.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyScaleTest {
    private static final long[] BOUNDS = {1, 100, 127, 128, 1000, 10_000, 10_001, 1_000_000, 5_000_000_000L, 1L << 40};

    private final LatencyScale scale = new LatencyScale(BOUNDS);

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                2,
                99,
                100,
                101,
                127,
                128,
                129,
                143,
                144,
                9999,
                10_000,
                10_001,
                10_002,
                137_438_953_471L,
                137_438_953_472L,
                1L << 40,
                (1L << 40) + 1,
                Long.MAX_VALUE
            })
    void shouldFindTheCellThatHoldsIt(long nanos) {
        int cell = scale.cellOf(nanos);
        assertThat(nanos).isLessThanOrEqualTo(scale.upperOf(cell));
        if (cell > 0) {
            assertThat(nanos).isGreaterThan(scale.upperOf(cell - 1));
        }
    }

    @Test
    void shouldFindTheCellOfAnything() {
        Random random = new Random(17);
        for (int i = 0; i < 1_000_000; i++) {
            shouldFindTheCellThatHoldsIt(random.nextLong(Long.MAX_VALUE) >>> random.nextInt(63));
        }
    }

    @Test
    void shouldCountExactlyUpToABound() {
        Random random = new Random(17);
        long[] counts = new long[scale.cells()];
        long[] expected = new long[BOUNDS.length];
        for (int i = 0; i < 100_000; i++) {
            long nanos = random.nextLong(Long.MAX_VALUE) >>> random.nextInt(63);
            counts[scale.cellOf(nanos)]++;
            for (int b = 0; b < BOUNDS.length; b++) {
                expected[b] += nanos <= BOUNDS[b] ? 1 : 0;
            }
        }
        for (int b = 0; b < BOUNDS.length; b++) {
            assertThat(scale.countUpTo(BOUNDS[b], counts)).isEqualTo(expected[b]);
        }
        assertThat(scale.countUpTo(Long.MAX_VALUE, counts)).isEqualTo(100_000);
    }

    @Test
    void shouldFindQuantilesToAnEighth() {
        long[] counts = new long[scale.cells()];
        for (int i = 1; i <= 10_000; i++) {
            counts[scale.cellOf(i * 1000L)]++;
        }
        for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
            double exact = share * 10_000_000;
            assertThat((double) scale.quantile(share, counts)).isBetween(exact, exact * 1.125 + 1);
        }
        assertThat(scale.quantile(0.99, new long[scale.cells()])).isZero();
    }
}
