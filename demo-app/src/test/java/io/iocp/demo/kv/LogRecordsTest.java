package io.iocp.demo.kv;

import static io.iocp.demo.kv.Kv.START_MILLIS;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.demo.kv.AppendOnlyFile.Fsync;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What of a command is recorded: its effect, the same whenever it is run again. */
class LogRecordsTest {

    private static final long SEED = Long.getLong("iocp.seed", 4_2026L);

    private final JournaledKv kv = new JournaledKv(Fsync.NO);

    @Test
    void shouldRecordChangesAsClientsSendThem() {
        kv.call("SET", "a", "1");
        kv.call("incr", "a");
        kv.call("MSET", "b", "2", "c", "3");
        kv.call("RPUSH", "l", "x", "y");

        kv.file.run();

        assertThat(new String(kv.file.bytes(), StandardCharsets.ISO_8859_1))
                .startsWith("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$4\r\nincr\r\n$1\r\na\r\n*5\r\n");
        assertThat(recorded()).isEqualTo("SET a 1\nincr a\nMSET b 2 c 3\nRPUSH l x y\n");
    }

    @Test
    void shouldNotRecordWhatChangesNothing() {
        kv.call("SET", "a", "text");
        String before = recorded();

        kv.call("GET", "a");
        kv.call("SET", "a", "2", "NX");
        kv.call("SET", "none", "2", "XX");
        kv.call("SETNX", "a", "2");
        kv.call("DEL", "none", "none2");
        kv.call("INCR", "a");
        kv.call("EXPIRE", "none", "5");
        kv.call("PERSIST", "a");
        kv.call("LPOP", "none");
        kv.call("SPOP", "none");
        kv.call("SREM", "none", "x");
        kv.call("HDEL", "none", "x");
        kv.call("LPUSH", "a", "x");

        assertThat(recorded()).isEqualTo(before);
    }

    @Test
    void shouldRecordDeadlinesAsPointsInTime() {
        kv.call("SET", "a", "1", "EX", "10");
        kv.call("SET", "a", "2", "KEEPTTL");
        kv.call("SET", "b", "1", "PX", "5", "NX", "GET");
        kv.call("EXPIRE", "a", "20");
        kv.call("PEXPIRE", "a", "30", "LT");
        kv.call("PERSIST", "a");
        kv.call("PEXPIREAT", "a", "" + (START_MILLIS + 7));
        kv.call("EXPIREAT", "a", "" + (START_MILLIS / 1000 + 8));

        assertThat(recorded()).isEqualTo("""
                        SET a 1 PXAT %d
                        SET a 2 KEEPTTL
                        SET b 1 PXAT %d
                        PEXPIREAT a %d
                        PEXPIREAT a %d
                        PERSIST a
                        PEXPIREAT a %d
                        PEXPIREAT a %d
                        """.formatted(
                        START_MILLIS + 10_000,
                        START_MILLIS + 5,
                        START_MILLIS + 20_000,
                        START_MILLIS + 30,
                        START_MILLIS + 7,
                        START_MILLIS + 8_000));
    }

    @Test
    void shouldRecordThatAKeyHasExpiredBeforeWhatFollows() {
        kv.call("SET", "a", "1", "PX", "5");
        kv.call("SET", "b", "1", "PX", "5");
        kv.kv.clock.advance(6);
        kv.call("APPEND", "a", "x");
        kv.kv.store.expireDue(Bytes.of("b"), START_MILLIS + 5);
        kv.call("SET", "c", "1", "PXAT", "1");
        kv.call("EXPIRE", "a", "-1");

        assertThat(recorded().lines().skip(2)).containsExactly("DEL a", "APPEND a x", "DEL b", "DEL c", "DEL a");
    }

    @Test
    void shouldRecordTheMembersThatSpopChose() {
        kv.call("SADD", "s", "a", "b", "c", "d");
        String one = kv.call("SPOP", "s").replace("\"", "");
        String two = kv.call("SPOP", "s", "2").replaceAll("[\"\\[\\]]", "");
        kv.call("SPOP", "s", "0");
        kv.call("SPOP", "s", "5");

        assertThat(recorded()).isEqualTo("SADD s a b c d\nSREM s " + one + "\nSREM s " + two + "\nDEL s\n");
    }

    @Test
    void shouldNotLetAKeyVanishUnderCommandsThatWereRunBeforeItExpired() throws CorruptLogException {
        kv.call("SET", "a", "1", "PX", "5");
        kv.call("APPEND", "a", "2");
        kv.settle();

        Kv again = new Kv();
        again.clock.advance(1000);
        again.store.load();
        LogReplay.replay(new LogReader(MemorySegment.ofArray(kv.file.bytes())), again.commands);
        assertThat(again.scheduled).isEmpty();
        again.store.loaded(Journal.NONE);

        assertThat(again.scheduled).containsExactly(new Kv.Scheduled(Bytes.of("a"), START_MILLIS + 5));
        assertThat(again.call("EXISTS", "a")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldMakeTheSameStoreAgain() throws CorruptLogException {
        Random random = new Random(SEED);
        for (int command = 0; command < 20_000; command++) {
            kv.call(RandomCommands.next(random));
            if (random.nextInt(50) == 0) {
                kv.kv.clock.advance(random.nextInt(40));
            }
        }
        kv.settle();

        Kv again = JournaledKv.replay(kv.file.bytes());
        again.clock.advance(kv.kv.clock.millis() - START_MILLIS);

        assertThat(JournaledKv.dump(again)).as("seed %d", SEED).isEqualTo(JournaledKv.dump(kv.kv));
        assertThat(JournaledKv.dump(again)).isNotEmpty();
    }

    private String recorded() {
        kv.settle();
        return kv.file.text();
    }
}
