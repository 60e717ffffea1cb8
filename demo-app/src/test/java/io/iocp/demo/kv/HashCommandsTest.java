package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HashCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldSetFieldsAndCountTheNewOnes() {
        assertThat(kv.call("HSET", "h", "a", "1", "b", "2")).isEqualTo("(integer) 2");
        assertThat(kv.call("HSET", "h", "b", "3", "c", "4")).isEqualTo("(integer) 1");
        assertThat(kv.call("HGET", "h", "b")).isEqualTo("\"3\"");
        assertThat(kv.call("HGET", "h", "x")).isEqualTo("(nil)");
        assertThat(kv.call("HLEN", "h")).isEqualTo("(integer) 3");
        assertThat(kv.call("HGETALL", "h")).isEqualTo("[\"a\" \"1\" \"b\" \"3\" \"c\" \"4\"]");
    }

    @Test
    void shouldDeleteFieldsAndTheEmptyHash() {
        kv.call("HSET", "h", "a", "1", "b", "2");

        assertThat(kv.call("HDEL", "h", "a", "x")).isEqualTo("(integer) 1");
        assertThat(kv.call("HDEL", "h", "b")).isEqualTo("(integer) 1");
        assertThat(kv.call("EXISTS", "h")).isEqualTo("(integer) 0");
        assertThat(kv.call("HDEL", "h", "b")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldKnowNothingOfAHashThatIsNotThere() {
        assertThat(kv.call("HGET", "h", "a")).isEqualTo("(nil)");
        assertThat(kv.call("HGETALL", "h")).isEqualTo("[]");
        assertThat(kv.call("HLEN", "h")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldNotMakeAHashOfAnOddNumberOfArguments() {
        kv.call("HSET", "h", "a", "1", "b");

        assertThat(kv.call("EXISTS", "h")).isEqualTo("(integer) 0");
    }
}
