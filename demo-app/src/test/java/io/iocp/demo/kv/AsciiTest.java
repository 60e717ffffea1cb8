package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AsciiTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 10, 42, -42, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1})
    void shouldReadWhatItWrites(long number) {
        assertThat(Ascii.number(Ascii.digits(number))).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                " 1",
                "1 ",
                "01",
                "-0",
                "-01",
                "1.0",
                "1e3",
                "x",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "123456789012345678901",
                "1\n"
            })
    void shouldRefuseWhatIsNoNumber(String text) {
        assertThatThrownBy(() -> Ascii.number(Bytes.of(text).array()))
                .isInstanceOf(CommandError.class)
                .hasMessage("ERR value is not an integer or out of range");
    }

    @Test
    void shouldNotCareForTheCaseOfAWord() {
        assertThat(Ascii.isWord(Bytes.of("KeepTTL").array(), "keepttl")).isTrue();
        assertThat(Ascii.isWord(Bytes.of("KeepTT").array(), "keepttl")).isFalse();
        assertThat(Ascii.isWord(Bytes.of("[").array(), "{")).isFalse();
    }
}
