package io.iocp.demo.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConditionsTest {

    private static final String CHANGED = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static final String BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT";
    private static final String AFTER = "Sun, 06 Nov 1994 08:49:38 GMT";
    private static final FileVersion FILE =
            new FileVersion(null, 1000, 784111777_000_000_005L, 784111777, CHANGED, "\"ae1-3e8\"");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"ae1-3e8\"                     | NOT_MODIFIED",
                "W/\"ae1-3e8\"                   | NOT_MODIFIED",
                "\"x\", \"a,b\" ,W/\"ae1-3e8\"   | NOT_MODIFIED",
                "*                               | NOT_MODIFIED",
                "\"ae1-3e9\"                     | SEND",
                "\"ae1-3e\"                      | SEND",
                "ae1-3e8                         | SEND",
                "\"unfinished                    | SEND",
                "W/                              | SEND",
            })
    void shouldSendAgainWhatTheClientHasNotGot(String ifNoneMatch, Conditions.Outcome outcome) {
        assertThat(conditions(null, ifNoneMatch, null, null).evaluate(FILE)).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                CHANGED + " | NOT_MODIFIED",
                AFTER + " | NOT_MODIFIED",
                "Sunday, 06-Nov-94 08:49:37 GMT | NOT_MODIFIED",
                "Sun Nov  6 08:49:37 1994 | NOT_MODIFIED",
                BEFORE + " | SEND",
                "yesterday | SEND",
            })
    void shouldSendWhatChangedSince(String ifModifiedSince, Conditions.Outcome outcome) {
        assertThat(conditions(null, null, ifModifiedSince, null).evaluate(FILE)).isEqualTo(outcome);
    }

    @Test
    void shouldBelieveTheTagAndNotTheDate() {
        assertThat(conditions(null, "\"other\"", AFTER, null).evaluate(FILE)).isEqualTo(Conditions.Outcome.SEND);
    }

    @Test
    void shouldFailIfTheClientWantsAnotherVersion() {
        assertThat(conditions("\"other\"", null, null, null).evaluate(FILE)).isEqualTo(Conditions.Outcome.FAILED);
        assertThat(conditions("W/\"ae1-3e8\"", null, null, null).evaluate(FILE)).isEqualTo(Conditions.Outcome.FAILED);
        assertThat(conditions("\"ae1-3e8\"", null, null, BEFORE).evaluate(FILE)).isEqualTo(Conditions.Outcome.SEND);
        assertThat(conditions(null, null, null, BEFORE).evaluate(FILE)).isEqualTo(Conditions.Outcome.FAILED);
        assertThat(conditions(null, null, null, CHANGED).evaluate(FILE)).isEqualTo(Conditions.Outcome.SEND);
        assertThat(conditions("*", null, null, null).evaluate(FILE)).isEqualTo(Conditions.Outcome.SEND);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"ae1-3e8\" | true",
                "W/\"ae1-3e8\" | false",
                "\"other\" | false",
                CHANGED + " | true",
                AFTER + " | false",
                "Sun Nov  6 08:49:37 1994 | true",
                "x | false",
            })
    void shouldSendAPartOnlyOfTheVersionThatTheClientHas(String ifRange, boolean part) {
        Conditions conditions = new Conditions(null, null, null, null, ifRange, "bytes=1-2");

        assertThat(conditions.rangeOf(FILE)).isEqualTo(part ? new ByteRange(1, 2) : ByteRange.WHOLE);
    }

    private static Conditions conditions(
            @Nullable String ifMatch,
            @Nullable String ifNoneMatch,
            @Nullable String ifModifiedSince,
            @Nullable String ifUnmodifiedSince) {
        return new Conditions(ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, null, null);
    }
}
