package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BytesTest {

    @Test
    void shouldEqualEveryKeyOfTheSameBytes() {
        Bytes one = Bytes.of(new byte[] {0, -1, 7});
        Bytes same = Bytes.of(new byte[] {0, -1, 7});

        assertThat(one).isEqualTo(same).hasSameHashCodeAs(same).isEqualByComparingTo(same);
        assertThat(one).isNotEqualTo(Bytes.of(new byte[] {0, -1})).isNotEqualTo(Bytes.of(new byte[] {0, -1, 8}));
    }

    @Test
    void shouldTellKeysApartThatDifferOnlyInZeros() {
        Set<Bytes> keys = new HashSet<>();
        for (int length = 0; length < 100; length++) {
            keys.add(Bytes.of(new byte[length]));
        }

        assertThat(keys).hasSize(100);
        assertThat(keys.stream().map(Bytes::hashCode).distinct()).hasSizeGreaterThan(95);
    }

    @Test
    void shouldSpreadSimilarKeysOverAllStripes() {
        int[] keysOfStripe = new int[KvStore.STRIPES];
        for (int number = 0; number < 64_000; number++) {
            long stripe = KvStore.stripesOf(Bytes.of("key:%012d".formatted(number)));
            keysOfStripe[Long.numberOfTrailingZeros(stripe)]++;
        }
        for (int keys : keysOfStripe) {
            assertThat(keys).isBetween(700, 1_300);
        }
    }
}
