package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SetCommandsTest {

    private final Kv kv = new Kv();

    @Test
    void shouldAddEveryMemberOnce() {
        assertThat(kv.call("SADD", "s", "a", "b", "a")).isEqualTo("(integer) 2");
        assertThat(kv.call("SADD", "s", "b", "c")).isEqualTo("(integer) 1");
        assertThat(kv.call("SCARD", "s")).isEqualTo("(integer) 3");
        assertThat(kv.call("SISMEMBER", "s", "b")).isEqualTo("(integer) 1");
        assertThat(kv.call("SISMEMBER", "s", "x")).isEqualTo("(integer) 0");
        assertThat(kv.call("SMEMBERS", "s"))
                .contains("\"a\"", "\"b\"", "\"c\"")
                .hasSize("[\"a\" \"b\" \"c\"]".length());
    }

    @Test
    void shouldRemoveMembersAndTheEmptySet() {
        kv.call("SADD", "s", "a", "b", "c");

        assertThat(kv.call("SREM", "s", "b", "x")).isEqualTo("(integer) 1");
        assertThat(kv.call("SISMEMBER", "s", "b")).isEqualTo("(integer) 0");
        assertThat(kv.call("SREM", "s", "a", "c")).isEqualTo("(integer) 2");
        assertThat(kv.call("EXISTS", "s")).isEqualTo("(integer) 0");
        assertThat(kv.call("SREM", "s", "a")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldPopEveryMemberOnce() {
        kv.call("SADD", "s", "a", "b", "c", "d");
        Set<String> popped = new HashSet<>();
        for (int member = 0; member < 4; member++) {
            popped.add(kv.call("SPOP", "s"));
        }

        assertThat(popped).containsExactlyInAnyOrder("\"a\"", "\"b\"", "\"c\"", "\"d\"");
        assertThat(kv.call("SPOP", "s")).isEqualTo("(nil)");
        assertThat(kv.call("EXISTS", "s")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldPopSeveral() {
        kv.call("SADD", "s", "a", "b", "c");

        assertThat(kv.call("SPOP", "s", "0")).isEqualTo("[]");
        assertThat(kv.call("SPOP", "s", "2")).hasSize("[\"a\" \"b\"]".length());
        assertThat(kv.call("SCARD", "s")).isEqualTo("(integer) 1");
        assertThat(kv.call("SPOP", "s", "5")).hasSize("[\"a\"]".length());
        assertThat(kv.call("SPOP", "s", "5")).isEqualTo("[]");
        assertThat(kv.call("SPOP", "s", "-1")).isEqualTo("(error) ERR value is out of range, must be positive");
        assertThat(kv.call("SPOP", "s", "1", "2")).isEqualTo(Kv.SYNTAX);
    }

    @Test
    void shouldKnowNothingOfASetThatIsNotThere() {
        assertThat(kv.call("SMEMBERS", "s")).isEqualTo("[]");
        assertThat(kv.call("SCARD", "s")).isEqualTo("(integer) 0");
        assertThat(kv.call("SISMEMBER", "s", "a")).isEqualTo("(integer) 0");
    }
}
