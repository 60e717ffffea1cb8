package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldPushAtBothEnds() {
        assertThat(kv.call("LPUSH", "l", "b", "a")).isEqualTo("(integer) 2");
        assertThat(kv.call("RPUSH", "l", "c", "d")).isEqualTo("(integer) 4");
        assertThat(kv.call("LLEN", "l")).isEqualTo("(integer) 4");
        assertThat(kv.call("LRANGE", "l", "0", "-1")).isEqualTo("[\"a\" \"b\" \"c\" \"d\"]");
    }

    @Test
    void shouldPopFromBothEndsAndRemoveTheEmptyList() {
        kv.call("RPUSH", "l", "a", "b", "c");

        assertThat(kv.call("LPOP", "l")).isEqualTo("\"a\"");
        assertThat(kv.call("RPOP", "l")).isEqualTo("\"c\"");
        assertThat(kv.call("LPOP", "l")).isEqualTo("\"b\"");
        assertThat(kv.call("LPOP", "l")).isEqualTo("(nil)");
        assertThat(kv.call("EXISTS", "l")).isEqualTo("(integer) 0");
        assertThat(kv.call("LLEN", "l")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldPopSeveral() {
        kv.call("RPUSH", "l", "a", "b", "c", "d", "e");

        assertThat(kv.call("LPOP", "l", "2")).isEqualTo("[\"a\" \"b\"]");
        assertThat(kv.call("RPOP", "l", "2")).isEqualTo("[\"e\" \"d\"]");
        assertThat(kv.call("LPOP", "l", "0")).isEqualTo("[]");
        assertThat(kv.call("RPOP", "l", "9")).isEqualTo("[\"c\"]");
        assertThat(kv.call("RPOP", "l", "9")).isEqualTo("(nil array)");
        assertThat(kv.call("EXISTS", "l")).isEqualTo("(integer) 0");
    }

    @ParameterizedTest
    @CsvSource({"LPOP,-1", "LPOP,x", "RPOP,-1", "RPOP,1.5"})
    void shouldRefuseToPopAnImpossibleNumber(String command, String count) {
        assertThat(kv.call(command, "l", count)).isEqualTo("(error) ERR value is out of range, must be positive");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|0|[\"a\"]",
                "1|2|[\"b\" \"c\"]",
                "-2|-1|[\"c\" \"d\"]",
                "-100|100|[\"a\" \"b\" \"c\" \"d\"]",
                "2|1|[]",
                "4|9|[]",
                "0|-5|[]",
                "-9223372036854775808|9223372036854775807|[\"a\" \"b\" \"c\" \"d\"]",
                "9223372036854775807|9223372036854775807|[]",
            })
    void shouldGiveARange(String start, String stop, String expected) {
        kv.call("RPUSH", "l", "a", "b", "c", "d");

        assertThat(kv.call("LRANGE", "l", start, stop)).isEqualTo(expected);
    }

    @Test
    void shouldGiveNothingOfAListThatIsNotThere() {
        assertThat(kv.call("LRANGE", "l", "0", "-1")).isEqualTo("[]");
        assertThat(kv.call("LRANGE", "l", "x", "1")).isEqualTo(Kv.NOT_AN_INTEGER);
    }

    @Test
    void shouldKeepALongListInOrder() {
        for (int number = 0; number < 200_000; number++) {
            kv.call("RPUSH", "l", Integer.toString(number));
        }

        assertThat(kv.call("LLEN", "l")).isEqualTo("(integer) 200000");
        assertThat(kv.call("LRANGE", "l", "0", "2")).isEqualTo("[\"0\" \"1\" \"2\"]");
        assertThat(kv.call("LRANGE", "l", "100000", "100001")).isEqualTo("[\"100000\" \"100001\"]");
        assertThat(kv.call("LRANGE", "l", "-1", "-1")).isEqualTo("[\"199999\"]");
    }
}
