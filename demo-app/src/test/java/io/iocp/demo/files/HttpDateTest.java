package io.iocp.demo.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDateTest {

    private static final long SECOND = 784111777;

    @Test
    void shouldWriteTheOneFormThatIsNotObsolete() {
        assertThat(HttpDate.format(SECOND)).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        assertThat(HttpDate.format(0)).isEqualTo("Thu, 01 Jan 1970 00:00:00 GMT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
            })
    void shouldReadAllThreeForms(String text) {
        assertThat(HttpDate.parse(text)).isEqualTo(SECOND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:99 GMT", "now"})
    void shouldKnowWhatIsNoDate(String text) {
        assertThat(HttpDate.parse(text)).isEqualTo(HttpDate.INVALID);
    }

    @Test
    void shouldWriteEachSecondOnce() {
        long[] millis = {SECOND * 1000 + 1};
        HttpClock clock = new HttpClock(() -> Instant.ofEpochMilli(millis[0]));
        HttpClock.Second first = clock.now();
        millis[0] += 998;
        assertThat(clock.now()).isSameAs(first);
        millis[0]++;
        assertThat(clock.now().text()).isEqualTo("Sun, 06 Nov 1994 08:49:38 GMT");
    }
}
