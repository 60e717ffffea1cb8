package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StringCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldGetWhatWasSet() {
        assertThat(kv.call("SET", "a", "1")).isEqualTo("OK");
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.call("GET", "b")).isEqualTo("(nil)");
    }

    @Test
    void shouldKeepBinaryKeysAndValues() {
        String binary = "\u0000\u00ff\r\n$3\r\n";
        kv.call("SET", binary, binary);

        assertThat(kv.call("GET", binary)).isEqualTo('"' + binary + '"');
    }

    @Test
    void shouldReplaceAValueOfAnyTypeAndItsDeadline() {
        kv.call("RPUSH", "a", "x");
        kv.call("EXPIRE", "a", "100");

        assertThat(kv.call("SET", "a", "1")).isEqualTo("OK");
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -1");
    }

    @Test
    void shouldSetOnlyNewKeysWithNxAndOnlyExistingOnesWithXx() {
        assertThat(kv.call("SET", "a", "1", "XX")).isEqualTo("(nil)");
        assertThat(kv.call("SET", "a", "1", "NX")).isEqualTo("OK");
        assertThat(kv.call("SET", "a", "2", "nx")).isEqualTo("(nil)");
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.call("SET", "a", "3", "xx")).isEqualTo("OK");
        assertThat(kv.call("GET", "a")).isEqualTo("\"3\"");
    }

    @Test
    void shouldAnswerTheOldValueWithGet() {
        assertThat(kv.call("SET", "a", "1", "GET")).isEqualTo("(nil)");
        assertThat(kv.call("SET", "a", "2", "GET")).isEqualTo("\"1\"");
        assertThat(kv.call("SET", "a", "3", "NX", "GET")).isEqualTo("\"2\"");
        assertThat(kv.call("GET", "a")).isEqualTo("\"2\"");
    }

    @Test
    void shouldSetDeadlinesInEveryUnit() {
        kv.call("SET", "a", "1", "EX", "100");
        kv.call("SET", "b", "1", "PX", "1500");
        kv.call("SET", "c", "1", "EXAT", Long.toString(Kv.START_MILLIS / 1000 + 7));
        kv.call("SET", "d", "1", "PXAT", Long.toString(Kv.START_MILLIS + 11));

        assertThat(kv.call("PTTL", "a")).isEqualTo("(integer) 100000");
        assertThat(kv.call("PTTL", "b")).isEqualTo("(integer) 1500");
        assertThat(kv.call("PTTL", "c")).isEqualTo("(integer) 7000");
        assertThat(kv.call("PTTL", "d")).isEqualTo("(integer) 11");
    }

    @Test
    void shouldRemoveAKeyThatIsSetWithADeadlineInThePast() {
        kv.call("SET", "a", "1");

        assertThat(kv.call("SET", "a", "2", "PXAT", "1")).isEqualTo("OK");
        assertThat(kv.call("GET", "a")).isEqualTo("(nil)");
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldKeepTheDeadlineOnlyWithKeepttl() {
        kv.call("SET", "a", "1", "EX", "100");
        kv.call("SET", "a", "2", "KEEPTTL");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) 100");

        kv.call("SET", "a", "3");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"NX XX", "EX", "EX 1 PX 1", "EX 1 KEEPTTL", "KEEPTTL EX 1", "FOO", "EX 1 2", "PXAT", "NX NX XX"})
    void shouldRefuseOptionsThatMakeNoSense(String options) {
        assertThat(kv.call(("SET a 1 " + options).split(" ", -1))).isEqualTo(Kv.SYNTAX);
        assertThat(kv.call("EXISTS", "a")).isEqualTo("(integer) 0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"EX 0", "EX -1", "PX 0", "EXAT 0", "PXAT -1", "EX 9223372036854775807", "PX 9223372036854775807"
            })
    void shouldRefuseImpossibleDeadlines(String options) {
        assertThat(kv.call(("SET a 1 " + options).split(" ", -1)))
                .isEqualTo("(error) ERR invalid expire time in 'set' command");
    }

    @Test
    void shouldRefuseADeadlineThatIsNoNumber() {
        assertThat(kv.call("SET", "a", "1", "EX", "soon")).isEqualTo(Kv.NOT_AN_INTEGER);
    }

    @Test
    void shouldSetWithSetnxOnlyOnce() {
        assertThat(kv.call("SETNX", "a", "1")).isEqualTo("(integer) 1");
        assertThat(kv.call("SETNX", "a", "2")).isEqualTo("(integer) 0");
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
    }

    @Test
    void shouldExchangeWithGetsetAndDropTheDeadline() {
        assertThat(kv.call("GETSET", "a", "1")).isEqualTo("(nil)");
        kv.call("EXPIRE", "a", "10");
        assertThat(kv.call("GETSET", "a", "2")).isEqualTo("\"1\"");
        assertThat(kv.call("GET", "a")).isEqualTo("\"2\"");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -1");
    }

    @Test
    void shouldSetAndGetSeveralKeys() {
        kv.call("RPUSH", "list", "x");

        assertThat(kv.call("MSET", "a", "1", "b", "2", "a", "3")).isEqualTo("OK");
        assertThat(kv.call("MGET", "a", "nothing", "b", "list", "a")).isEqualTo("[\"3\" (nil) \"2\" (nil) \"3\"]");
    }

    @Test
    void shouldCountUpAndDown() {
        assertThat(kv.call("INCR", "n")).isEqualTo("(integer) 1");
        assertThat(kv.call("INCRBY", "n", "41")).isEqualTo("(integer) 42");
        assertThat(kv.call("DECR", "n")).isEqualTo("(integer) 41");
        assertThat(kv.call("DECRBY", "n", "50")).isEqualTo("(integer) -9");
        assertThat(kv.call("INCRBY", "n", "-1")).isEqualTo("(integer) -10");
        assertThat(kv.call("GET", "n")).isEqualTo("\"-10\"");
    }

    @Test
    void shouldKeepTheDeadlineWhileCounting() {
        kv.call("SET", "n", "1", "EX", "10");
        kv.call("INCR", "n");

        assertThat(kv.call("TTL", "n")).isEqualTo("(integer) 10");
    }

    @Test
    void shouldRefuseToCountWhatIsNoNumber() {
        kv.call("SET", "a", "x");
        kv.call("SET", "b", " 1");

        assertThat(kv.call("INCR", "a")).isEqualTo(Kv.NOT_AN_INTEGER);
        assertThat(kv.call("INCR", "b")).isEqualTo(Kv.NOT_AN_INTEGER);
        assertThat(kv.call("INCRBY", "n", "1.5")).isEqualTo(Kv.NOT_AN_INTEGER);
        assertThat(kv.call("EXISTS", "n")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldRefuseToCountBeyondTheLimits() {
        kv.call("SET", "high", "9223372036854775807");
        kv.call("SET", "low", "-9223372036854775808");

        assertThat(kv.call("INCR", "high")).isEqualTo("(error) ERR increment or decrement would overflow");
        assertThat(kv.call("DECR", "low")).isEqualTo("(error) ERR increment or decrement would overflow");
        assertThat(kv.call("DECRBY", "x", "-9223372036854775808")).isEqualTo("(error) ERR decrement would overflow");
        assertThat(kv.call("GET", "high")).isEqualTo("\"9223372036854775807\"");
        assertThat(kv.call("INCRBY", "low", "1")).isEqualTo("(integer) -9223372036854775807");
    }

    @Test
    void shouldAppendAndTellTheLength() {
        assertThat(kv.call("STRLEN", "a")).isEqualTo("(integer) 0");
        assertThat(kv.call("APPEND", "a", "Hello")).isEqualTo("(integer) 5");
        assertThat(kv.call("APPEND", "a", " World")).isEqualTo("(integer) 11");
        assertThat(kv.call("APPEND", "a", "!")).isEqualTo("(integer) 12");
        assertThat(kv.call("GET", "a")).isEqualTo("\"Hello World!\"");
        assertThat(kv.call("STRLEN", "a")).isEqualTo("(integer) 12");
    }

    @Test
    void shouldCountWithAnAppendedNumber() {
        kv.call("APPEND", "n", "1");
        kv.call("APPEND", "n", "2");

        assertThat(kv.call("INCR", "n")).isEqualTo("(integer) 13");
    }

    @Test
    void shouldRefuseToAppendBeyondTheLongestValue() {
        kv.call("SET", "a", "x".repeat(40 << 20));

        assertThat(kv.call("APPEND", "a", "y".repeat(30 << 20)))
                .isEqualTo("(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        assertThat(kv.call("STRLEN", "a")).isEqualTo("(integer) 41943040");
    }
}
