package io.iocp.demo.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {

    private static final long SIZE = 1000;

    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, 0, 1",
        "bytes=0-499, 0, 500",
        "bytes=500-, 500, 500",
        "bytes=-500, 500, 500",
        "bytes=-1, 999, 1",
        "bytes=-2000, 0, 1000",
        "bytes=999-, 999, 1",
        "bytes=0-1000, 0, 1000",
        "bytes=10-99999999999999999999999999, 10, 990",
        "BYTES= 1-2 , 1, 2",
    })
    void shouldBeThePartThatIsThere(String field, long first, long length) {
        assertThat(ByteRange.of(field, SIZE)).isEqualTo(new ByteRange(first, length));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999-"})
    void shouldNotBeSatisfiableOutsideOfTheFile(String field) {
        assertThat(ByteRange.of(field, SIZE)).isSameAs(ByteRange.UNSATISFIABLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes=0-1,5-6",
                "bytes=",
                "bytes=-",
                "bytes=a-b",
                "bytes=2-1",
                "bytes=1",
                "bytes=--1",
                "bytes=1--2",
                "bytes=+1-2",
                "bytes 0-1",
                "lines=0-1",
                "",
            })
    void shouldBeTheWholeFileIfThereIsNoOneRange(String field) {
        assertThat(ByteRange.of(field, SIZE)).isSameAs(ByteRange.WHOLE);
    }

    @ParameterizedTest
    @CsvSource({"bytes=0-, false", "bytes=0-0, false", "bytes=-5, true"})
    void shouldKnowThatAnEmptyFileHasNoByte(String field, boolean whole) {
        assertThat(ByteRange.of(field, 0)).isSameAs(whole ? ByteRange.WHOLE : ByteRange.UNSATISFIABLE);
    }

    @ParameterizedTest
    @CsvSource({"bytes=3221225472-, 3221225472, 1", "bytes=-3221225473, 0, 3221225473"})
    void shouldCountBeyondTwoGibibytes(String field, long first, long length) {
        assertThat(ByteRange.of(field, (3L << 30) + 1)).isEqualTo(new ByteRange(first, length));
    }
}
