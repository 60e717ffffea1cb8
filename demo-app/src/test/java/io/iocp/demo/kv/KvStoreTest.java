package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.demo.kv.Kv.Scheduled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KvStoreTest {

    private static final Bytes A = Bytes.of("a");

    private final Kv kv = new Kv();

    @Test
    void shouldScheduleTheDeadlineOfAKey() {
        kv.call("SET", "a", "1", "PX", "100");

        assertThat(kv.scheduled).containsExactly(new Scheduled(A, Kv.START_MILLIS + 100));
    }

    @Test
    void shouldRemoveADueKeyWithoutAnybodyAskingForIt() {
        kv.call("SET", "a", "1", "PX", "100");
        kv.clock.advance(100);
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 1");

        kv.store.expireDue(A, Kv.START_MILLIS + 100);

        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldNotRemoveAKeyThatWasWrittenAnew() {
        kv.call("SET", "a", "1", "PX", "100");
        kv.call("SET", "a", "2");
        kv.clock.advance(100);

        kv.store.expireDue(A, Kv.START_MILLIS + 100);

        assertThat(kv.call("GET", "a")).isEqualTo("\"2\"");
    }

    @Test
    void shouldNotRemoveAKeyThatWasDeletedAndCameBackWithALaterDeadline() {
        kv.call("SET", "a", "1", "PX", "100");
        kv.call("DEL", "a");
        kv.call("SET", "a", "2", "PX", "300");
        kv.clock.advance(100);

        kv.store.expireDue(A, Kv.START_MILLIS + 100);
        assertThat(kv.call("GET", "a")).isEqualTo("\"2\"");

        kv.clock.advance(200);
        kv.store.expireDue(A, Kv.START_MILLIS + 300);
        assertThat(kv.call("DBSIZE")).isEqualTo("(integer) 0");
    }

    @Test
    void shouldHaveOneCallPendingHoweverOftenTheDeadlineMovesOn() {
        for (int refresh = 0; refresh < 1_000; refresh++) {
            kv.call("SET", "a", "1", "PX", "100");
            kv.clock.advance(1);
        }
        kv.clock.advance(-900);
        assertThat(kv.scheduled).containsExactly(new Scheduled(A, Kv.START_MILLIS + 100));

        kv.store.expireDue(A, Kv.START_MILLIS + 100);

        assertThat(kv.scheduled.getLast()).isEqualTo(new Scheduled(A, Kv.START_MILLIS + 999 + 100));
        assertThat(kv.scheduled).hasSize(2);
    }

    @Test
    void shouldScheduleAgainWhenTheDeadlineComesCloser() {
        kv.call("SET", "a", "1", "PX", "100");
        kv.call("PEXPIRE", "a", "10");

        assertThat(kv.scheduled)
                .containsExactly(new Scheduled(A, Kv.START_MILLIS + 100), new Scheduled(A, Kv.START_MILLIS + 10));
    }

    @Test
    void shouldScheduleAgainWhenTheCallCameTooEarly() {
        kv.call("SET", "a", "1", "PX", "100");
        kv.clock.advance(99);

        kv.store.expireDue(A, Kv.START_MILLIS + 100);

        assertThat(kv.call("EXISTS", "a")).isEqualTo("(integer) 1");
        assertThat(kv.scheduled).hasSize(2);
    }

    @Test
    void shouldIgnoreACallForAKeyThatIsGoneOrPersisted() {
        kv.store.expireDue(A, Kv.START_MILLIS);
        kv.call("SET", "a", "1", "PX", "100");
        kv.call("PERSIST", "a");
        kv.clock.advance(100);

        kv.store.expireDue(A, Kv.START_MILLIS + 100);

        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");
        assertThat(kv.scheduled).hasSize(1);
    }

    @Test
    @Timeout(60)
    void shouldCountEveryIncrementOfEightThreads() throws Exception {
        inParallel(8, worker -> () -> {
            Connection connection = new Connection();
            for (int round = 0; round < 20_000; round++) {
                connection.call("INCR", "shared");
                connection.call("INCR", "own" + worker);
            }
        });

        assertThat(kv.call("GET", "shared")).isEqualTo("\"160000\"");
        for (int worker = 0; worker < 8; worker++) {
            assertThat(kv.call("GET", "own" + worker)).isEqualTo("\"20000\"");
        }
    }

    @Test
    @Timeout(60)
    void shouldShowSeveralKeysChangedAtOnceOrNotAtAll() throws Exception {
        kv.call("MSET", "x", "0", "y", "0", "z", "0");
        inParallel(6, worker -> () -> {
            Connection connection = new Connection();
            for (int round = 0; round < 5_000; round++) {
                String value = worker + "-" + round;
                if (worker % 2 == 0) {
                    connection.call(
                            worker % 4 == 0
                                    ? new String[] {"MSET", "x", value, "y", value, "z", value}
                                    : new String[] {"MSET", "z", value, "y", value, "x", value});
                } else {
                    String[] seen = connection
                            .call("MGET", "x", "y", "z")
                            .replaceAll("[\\[\\]]", "")
                            .split(" ", -1);
                    assertThat(seen[1]).isEqualTo(seen[0]);
                    assertThat(seen[2]).isEqualTo(seen[0]);
                }
            }
        });
    }

    @Test
    @Timeout(60)
    void shouldFlushAndCountWhileOthersWrite() throws Exception {
        inParallel(4, worker -> () -> {
            Connection connection = new Connection();
            for (int round = 0; round < 3_000; round++) {
                connection.call("SET", "k" + worker + "-" + round % 500, "v", "PX", "100000");
                if (round % 100 == 0) {
                    connection.call(worker == 0 ? "FLUSHALL" : "DBSIZE");
                    connection.call("SCAN", "0", "COUNT", "1000");
                }
            }
        });
        String keys = kv.call("DBSIZE").substring("(integer) ".length());

        assertThat(kv.call("INFO", "keyspace")).contains("keys=" + keys + ",expires=" + keys);
    }

    /** One more client of the same store, for a thread of its own. */
    private final class Connection {
        private final Client client = kv.commands.clients().connect("10.0.0.3:1", "10.0.0.2:6380", 0);
        private final RespWriter out = new RespWriter();

        String call(String... arguments) {
            byte[][] bytes = new byte[arguments.length][];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = Bytes.of(arguments[at]).array();
            }
            kv.commands.execute(bytes, client, out);
            ByteBuffer taken = out.take();
            String reply = StandardCharsets.ISO_8859_1.decode(taken.duplicate()).toString();
            out.sent(taken);
            return Kv.read(reply);
        }
    }

    private static void inParallel(int threads, IntFunction<Runnable> work) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Callable<Object>> all = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                all.add(Executors.callable(work.apply(thread)));
            }
            for (Future<Object> done : executor.invokeAll(all)) {
                done.get(1, TimeUnit.SECONDS);
            }
        }
    }
}
