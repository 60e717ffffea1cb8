package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "*,abc,true",
                "*,``,true",
                "``,``,true",
                "``,a,false",
                "a*c,abbbc,true",
                "a*c,abbbd,false",
                "a**c,ac,true",
                "*b*d*,abcde,true",
                "h?llo,hello,true",
                "h?llo,hllo,false",
                "h[ae]llo,hallo,true",
                "h[ae]llo,hillo,false",
                "h[^e]llo,hallo,true",
                "h[^e]llo,hello,false",
                "h[a-c]llo,hbllo,true",
                "h[c-a]llo,hbllo,true",
                "h[a-c]llo,hdllo,false",
                "h[\\]]llo,h]llo,true",
                "h[a,ha,true",
                "a\\*c,a*c,true",
                "a\\*c,abc,false",
                "a\\,a\\,true",
                "user:*:name,user:7:name,true",
                "abc,ABC,false",
                "[,x,false",
                "abc,ab,false",
            })
    void shouldMatchAsRedisDoes(String pattern, String text, boolean matches) {
        assertThat(new Glob(Bytes.of(pattern).array()).matches(Bytes.of(text))).isEqualTo(matches);
    }

    @Test
    void shouldNotTakeForeverForManyStars() {
        Glob glob = new Glob(Bytes.of("a*".repeat(50) + "b").array());
        Bytes text = Bytes.of("a".repeat(10_000));

        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertThat(glob.matches(text)).isFalse());
    }
}
