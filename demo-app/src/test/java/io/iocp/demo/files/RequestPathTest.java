package io.iocp.demo.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/a.txt, /a.txt",
        "/a/b/, /a/b/",
        "/a%20b%2Etxt, /a b.txt",
        "/%C3%A4, /ä",
        "/ä, /ä",
        "//a///b//, /a/b/",
        "/./a/./b/., /a/b/",
        "/.hidden/..x/x../..., /.hidden/..x/x../...",
        "/%25%32%65, /%2e",
        "/a%252f..b, /a%2f..b",
    })
    void shouldDecodeOnceAndDropWhatMeansNothing(String raw, String path) throws Refusal {
        assertThat(decode(raw)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/../a",
                "/a/../b",
                "/a/..",
                "/a/../../b",
                "/%2e%2e/a",
                "/.%2E/a",
                "/%2e./a",
                "/a%2fb",
                "/..%2Fa",
                "/..%5ca",
                "/..\\a",
                "/a%00",
                "/a%0d%0aX: y",
                "/a%7f",
                "/a#b",
                "/%",
                "/%1",
                "/a%zz",
                "/a%+1",
                "/%ff",
                "/%c0%ae%c0%ae/",
            })
    void shouldRefuseWhatCouldLeadElsewhere(String raw) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> decode(raw))
                .satisfies(refusal -> assertThat(refusal.status()).isEqualTo(HttpStatus.BAD_REQUEST));
    }

    @ParameterizedTest
    @CsvSource({"/a-b_c.d~/, /a-b_c.d~/", "/a b?, /a%20b%3F", "/ä:%, /%C3%A4%3A%25", "'<\"&''>', %3C%22%26%27%3E"})
    void shouldEncodeForAUri(String path, String encoded) {
        assertThat(RequestPath.encode(path)).isEqualTo(encoded);
    }

    private static String decode(String raw) throws Refusal {
        ByteBuffer bytes = ByteBuffer.wrap(raw.getBytes(UTF_8));
        return RequestPath.of(bytes, 0, bytes.limit());
    }
}
