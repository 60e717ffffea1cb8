package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyCommandsTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

    private final Kv kv = new Kv();

    @Test
    void shouldDeleteAndCountExistingKeys() {
        kv.call("MSET", "a", "1", "b", "2");

        assertThat(kv.call("EXISTS", "a", "b", "c", "a")).isEqualTo("(integer) 3");
        assertThat(kv.call("DEL", "a", "c", "a")).isEqualTo("(integer) 1");
        assertThat(kv.call("EXISTS", "a")).isEqualTo("(integer) 0");
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 1");
    }

    @Test
    void shouldTellTheTypeOfAKey() {
        kv.call("SET", "string", "1");
        kv.call("RPUSH", "list", "1");
        kv.call("SADD", "set", "1");
        kv.call("HSET", "hash", "f", "1");

        assertThat(kv.call("TYPE", "string")).isEqualTo("string");
        assertThat(kv.call("TYPE", "list")).isEqualTo("list");
        assertThat(kv.call("TYPE", "set")).isEqualTo("set");
        assertThat(kv.call("TYPE", "hash")).isEqualTo("hash");
        assertThat(kv.call("TYPE", "nothing")).isEqualTo("none");
    }

    @Test
    void shouldExpireAKeyAtItsDeadlineAndNotBefore() {
        kv.call("SET", "a", "1");
        assertThat(kv.call("EXPIRE", "a", "10")).isEqualTo("(integer) 1");
        kv.clock.advance(9_999);
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.call("PTTL", "a")).isEqualTo("(integer) 1");
        kv.clock.advance(1);

        assertThat(kv.call("GET", "a")).isEqualTo("(nil)");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -2");
        assertThat(kv.call("EXISTS", "a")).isEqualTo("(integer) 0");
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldRoundTheTimeToLiveToSecondsAsRedisDoes() {
        kv.call("SET", "a", "1", "PX", "1500");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) 2");
        kv.clock.advance(1_001);
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldTellKeysWithoutDeadlineFromMissingOnes() {
        kv.call("SET", "a", "1");

        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -1");
        assertThat(kv.call("PTTL", "a")).isEqualTo("(integer) -1");
        assertThat(kv.call("PTTL", "b")).isEqualTo("(integer) -2");
        assertThat(kv.call("EXPIRE", "b", "1")).isEqualTo("(integer) 0");
        assertThat(kv.call("PERSIST", "a")).isEqualTo("(integer) 0");
        assertThat(kv.call("PERSIST", "b")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldKeepAPersistedKey() {
        kv.call("SET", "a", "1", "PX", "10");
        assertThat(kv.call("PERSIST", "a")).isEqualTo("(integer) 1");
        kv.clock.advance(100);

        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
    }

    @Test
    void shouldDeleteAKeyWhoseNewDeadlineHasPassed() {
        kv.call("MSET", "a", "1", "b", "2");

        assertThat(kv.call("PEXPIRE", "a", "0")).isEqualTo("(integer) 1");
        assertThat(kv.call("EXPIRE", "b", "-5")).isEqualTo("(integer) 1");
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldChangeDeadlinesOnlyUnderTheGivenCondition() {
        kv.call("SET", "a", "1");
        assertThat(kv.call("EXPIRE", "a", "10", "XX")).isEqualTo("(integer) 0");
        assertThat(kv.call("EXPIRE", "a", "10", "GT")).isEqualTo("(integer) 0");
        assertThat(kv.call("EXPIRE", "a", "10", "LT")).isEqualTo("(integer) 1");
        assertThat(kv.call("EXPIRE", "a", "20", "NX")).isEqualTo("(integer) 0");
        assertThat(kv.call("EXPIRE", "a", "20", "LT")).isEqualTo("(integer) 0");
        assertThat(kv.call("EXPIRE", "a", "20", "xx", "gt")).isEqualTo("(integer) 1");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) 20");
    }

    @Test
    void shouldRefuseConditionsThatContradictEachOther() {
        assertThat(kv.call("EXPIRE", "a", "10", "NX", "XX"))
                .isEqualTo("(error) ERR NX and XX, GT or LT options at the same time are not compatible");
        assertThat(kv.call("EXPIRE", "a", "10", "GT", "LT"))
                .isEqualTo("(error) ERR GT and LT options at the same time are not compatible");
        assertThat(kv.call("EXPIRE", "a", "10", "FOO")).isEqualTo("(error) ERR Unsupported option FOO");
    }

    @Test
    void shouldRefuseImpossibleTimesToLive() {
        kv.call("SET", "a", "1");

        assertThat(kv.call("EXPIRE", "a", "x")).isEqualTo(Kv.NOT_AN_INTEGER);
        assertThat(kv.call("EXPIRE", "a", "9223372036854775807"))
                .isEqualTo("(error) ERR invalid expire time in 'expire' command");
        assertThat(kv.call("PEXPIRE", "a", "9223372036854775807"))
                .isEqualTo("(error) ERR invalid expire time in 'pexpire' command");
        assertThat(kv.call("TTL", "a")).isEqualTo("(integer) -1");
    }

    @Test
    void shouldFindKeysByPatternWithoutExpiredOnes() {
        kv.call("MSET", "user:1", "x", "user:2", "x", "other", "x");
        kv.call("SET", "user:3", "x", "PX", "5");
        kv.clock.advance(5);

        assertThat(quoted(kv.call("KEYS", "user:*"))).containsExactlyInAnyOrder("user:1", "user:2");
        assertThat(kv.call("KEYS", "nothing*")).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHDB", "FLUSHALL"})
    void shouldRemoveEverything(String command) {
        kv.call("MSET", "a", "1", "b", "2");
        kv.call("EXPIRE", "a", "10");

        assertThat(kv.call(command, "ASYNC")).isEqualTo("OK");
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
        assertThat(kv.call(command, "sync")).isEqualTo("OK");
        assertThat(kv.call(command)).isEqualTo("OK");
        assertThat(kv.call(command, "now")).isEqualTo(Kv.SYNTAX);
        assertThat(kv.call("INFO", "keyspace")).doesNotContain("db0");
    }

    @Test
    void shouldScanAnEmptyStoreInOneStep() {
        assertThat(kv.call("SCAN", "0")).isEqualTo("[\"0\" []]");
    }

    @Test
    void shouldScanAFewKeysAtATimeAndReturnEachOnceWhenNothingChanges() {
        for (int number = 0; number < 1_000; number++) {
            kv.call("SET", "key" + number, "x");
        }
        List<String> found = new ArrayList<>();
        String cursor = "0";
        int steps = 0;
        do {
            List<String> reply = quoted(kv.call("SCAN", cursor, "COUNT", "50"));
            cursor = reply.getFirst();
            found.addAll(reply.subList(1, reply.size()));
            assertThat(reply).hasSizeLessThan(70);
            steps++;
        } while (!cursor.equals("0"));

        assertThat(found).hasSize(1_000).doesNotHaveDuplicates();
        assertThat(steps).isBetween(10, 25);
    }

    @Test
    void shouldReturnEveryKeyThatIsPresentDuringTheWholeScan() {
        Random random = new Random(SEED);
        Set<String> staying = new HashSet<>();
        for (int number = 0; number < 500; number++) {
            kv.call("SET", "stay" + number, "x");
            staying.add("stay" + number);
        }
        Set<String> found = new HashSet<>();
        String cursor = "0";
        int passing = 0;
        do {
            List<String> reply = quoted(kv.call("SCAN", cursor, "COUNT", "7"));
            cursor = reply.getFirst();
            found.addAll(reply.subList(1, reply.size()));
            if (random.nextInt(3) == 0) {
                for (int number = random.nextInt(3_000); passing < number; passing++) {
                    kv.call("SET", "pass" + passing, "x");
                }
            } else if (random.nextInt(10) == 0) {
                for (; passing >= 0; passing--) {
                    kv.call("DEL", "pass" + passing);
                }
                passing = 0;
            }
        } while (!cursor.equals("0"));

        assertThat(found).as("seed %d", SEED).containsAll(staying);
    }

    @Test
    void shouldScanByPatternAndType() {
        kv.call("MSET", "user:1", "x", "user:2", "x", "other", "x");
        kv.call("SADD", "user:3", "x");

        assertThat(quoted(kv.call("SCAN", "0", "MATCH", "user:*", "COUNT", "1000", "TYPE", "string")))
                .containsExactlyInAnyOrder("0", "user:1", "user:2");
        assertThat(quoted(kv.call("SCAN", "0", "COUNT", "1000", "TYPE", "SET"))).containsExactly("0", "user:3");
        assertThat(quoted(kv.call("SCAN", "0", "COUNT", "1000", "TYPE", "zset")))
                .containsExactly("0");
    }

    @Test
    void shouldNotReturnExpiredKeysFromAScan() {
        kv.call("SET", "a", "x", "PX", "5");
        kv.clock.advance(5);

        assertThat(kv.call("SCAN", "0", "COUNT", "1000")).isEqualTo("[\"0\" []]");
    }

    @Test
    void shouldRefuseAScanThatMakesNoSense() {
        assertThat(kv.call("SCAN", "x")).isEqualTo("(error) ERR invalid cursor");
        assertThat(kv.call("SCAN", "-1")).isEqualTo("(error) ERR invalid cursor");
        assertThat(kv.call("SCAN", "0", "COUNT", "0")).isEqualTo(Kv.SYNTAX);
        assertThat(kv.call("SCAN", "0", "COUNT", "x")).isEqualTo(Kv.NOT_AN_INTEGER);
        assertThat(kv.call("SCAN", "0", "MATCH")).isEqualTo(Kv.SYNTAX);
        assertThat(kv.call("SCAN", "0", "FOO", "x")).isEqualTo(Kv.SYNTAX);
    }

    @Test
    void shouldScanFromAnyCursorToTheEnd() {
        kv.call("MSET", "a", "1", "b", "2");

        assertThat(kv.call("SCAN", "18446744073709551615", "COUNT", "9223372036854775807"))
                .startsWith("[\"0\" ");
    }

    private static List<String> quoted(String reply) {
        List<String> values = new ArrayList<>();
        Matcher matcher = QUOTED.matcher(reply);
        while (matcher.find()) {
            values.add(matcher.group(1));
        }
        return values;
    }
}
