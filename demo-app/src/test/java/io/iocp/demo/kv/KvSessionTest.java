package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KvSessionTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);

    private final Kv kv = new Kv();

    @Test
    void shouldAnswerPipelinedCommandsInOneBuffer() {
        assertThat(kv.raw("PING\r\n*2\r\n$4\r\nECHO\r\n$1\r\nx\r\nFOO\r\nINCR n\r\n"))
                .isEqualTo("+PONG\r\n$1\r\nx\r\n-ERR unknown command 'FOO', with args beginning with: \r\n:1\r\n");
    }

    @Test
    void shouldAnswerQuitAndThenCloseWithoutLookingAtTheRest() {
        boolean open = kv.feed.received(bytes("SET a 1\r\nQUIT\r\nSET a 2\r\n"), kv.out);

        assertThat(open).isFalse();
        assertThat(kv.reply()).isEqualTo("+OK\r\n+OK\r\n");
        ByteBuffer late = bytes("SET a 3\r\n");
        assertThat(kv.feed.received(late, kv.out)).isFalse();
        assertThat(late.hasRemaining()).isFalse();
        assertThat(kv.reply()).isEmpty();
        assertThat(another().call("GET", "a")).isEqualTo("\"1\"");
    }

    @Test
    void shouldAnswerAProtocolErrorAfterTheCommandsBeforeItAndThenClose() {
        boolean open = kv.feed.received(bytes("PING\r\n*1\r\n!4\r\n"), kv.out);

        assertThat(open).isFalse();
        assertThat(kv.reply()).isEqualTo("+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
        assertThat(kv.feed.received(bytes("PING\r\n"), kv.out)).isFalse();
        assertThat(kv.feed.resume(kv.out)).isFalse();
        assertThat(kv.reply()).isEmpty();
    }

    @Test
    void shouldAnswerTheSameHoweverTheBytesAreCut() {
        StringBuilder requests = new StringBuilder();
        Random random = new Random(SEED);
        for (int command = 0; command < 300; command++) {
            String key = "k" + random.nextInt(5);
            String[] arguments = switch (random.nextInt(7)) {
                case 0 -> new String[] {"SET", key, "\r\n".repeat(random.nextInt(50))};
                case 1 -> new String[] {"GET", key};
                case 2 -> new String[] {"RPUSH", "l", key, key};
                case 3 -> new String[] {"LPOP", "l"};
                case 4 -> new String[] {"INCR", "n" + key};
                case 5 -> new String[] {"HSET", "h", key, key};
                default -> new String[] {"NONSENSE", key};
            };
            requests.append(new String(Kv.request(arguments), StandardCharsets.ISO_8859_1));
        }
        byte[] stream = requests.toString().getBytes(StandardCharsets.ISO_8859_1);
        String whole = replies(new Kv(), stream, stream.length);

        assertThat(replies(new Kv(), stream, 1)).as("seed %d", SEED).isEqualTo(whole);
        assertThat(replies(new Kv(), stream, 13)).as("seed %d", SEED).isEqualTo(whole);
    }

    @Test
    void shouldPauseWhenRepliesPileUpAndGoOnAsTheyAreSent() {
        kv.call("SET", "large", "x".repeat(300_000));
        StringBuilder requests = new StringBuilder();
        for (int command = 0; command < 50; command++) {
            requests.append("GET large\r\nECHO ").append(command).append("\r\n");
        }

        assertThat(kv.feed.received(bytes(requests.toString()), kv.out)).isTrue();

        StringBuilder replies = new StringBuilder();
        int rounds = 0;
        while (kv.feed.paused()) {
            assertThat(kv.out.length()).isBetween(KvSession.BACKLOG_BYTES, KvSession.BACKLOG_BYTES + 301_000);
            replies.append(kv.reply());
            assertThat(kv.feed.resume(kv.out)).isTrue();
            rounds++;
        }
        replies.append(kv.reply());
        assertThat(rounds).isGreaterThan(10);
        assertThat(echoed(replies.toString())).isEqualTo(numbersUpTo(50));
    }

    @Test
    void shouldNotResumeBeforeAnythingWasSent() {
        kv.call("SET", "large", "x".repeat(KvSession.BACKLOG_BYTES));
        kv.feed.received(bytes("GET large\r\nPING\r\n"), kv.out);
        ByteBuffer beingSent = kv.out.take();

        kv.feed.resume(kv.out);
        assertThat(kv.feed.paused()).isTrue();
        assertThat(kv.out.length()).isZero();

        kv.out.sent(beingSent);
        kv.feed.resume(kv.out);
        assertThat(kv.feed.paused()).isFalse();
        assertThat(kv.reply()).isEqualTo("+PONG\r\n");
    }

    @Test
    void shouldKeepInOrderWhatArrivesWhileItIsPaused() {
        kv.call("SET", "large", "x".repeat(KvSession.BACKLOG_BYTES));
        kv.feed.received(bytes("GET large\r\nECHO 0\r\nEC"), kv.out);
        int paused = kv.out.length();
        for (int part = 1; part < 100; part++) {
            kv.feed.received(bytes("HO " + part + "\r\nEC"), kv.out);
        }
        assertThat(kv.out.length()).isEqualTo(paused);
        kv.reply();

        kv.feed.resume(kv.out);

        assertThat(echoed(kv.reply())).isEqualTo(numbersUpTo(100));
        assertThat(kv.feed.paused()).isFalse();
        assertThat(kv.raw("HO 100\r\n")).isEqualTo("$3\r\n100\r\n");
    }

    @Test
    void shouldNotPauseWhenTheLastCommandFilledTheBuffer() {
        kv.call("SET", "large", "x".repeat(KvSession.BACKLOG_BYTES));
        kv.feed.received(bytes("GET large\r\n"), kv.out);

        assertThat(kv.feed.paused()).isFalse();
    }

    @Test
    void shouldAnswerAReplyThatIsTooLargeWithAnErrorAndGoOn() {
        kv.call("SET", "large", "x".repeat(40 << 20));
        String[] arguments = new String[8];
        Arrays.fill(arguments, "large");
        arguments[0] = "MGET";
        RespWriter heap = new RespWriter(ByteBuffer::allocate);

        assertThat(kv.feed.received(ByteBuffer.wrap(Kv.request(arguments)), heap))
                .isTrue();
        kv.feed.received(bytes("PING\r\n"), heap);

        assertThat(StandardCharsets.ISO_8859_1.decode(heap.take()).toString())
                .isEqualTo("-ERR reply is larger than 268435456 bytes\r\n+PONG\r\n");
    }

    @Test
    void shouldSurviveGarbage() {
        Random random = new Random(SEED);
        for (int round = 0; round < 200; round++) {
            KvSession session = new KvSession(kv.commands, "10.0.0.9:1", "10.0.0.2:6380");
            Feed feed = new Feed(session);
            byte[] garbage = new byte[8_192];
            random.nextBytes(garbage);
            ByteBuffer in = ByteBuffer.wrap(garbage);
            feed.received(in, kv.out);
            assertThat(in.hasRemaining()).isFalse();
            session.close();
            kv.reply();
        }
        assertThat(kv.commands.clients().connected()).hasSize(1);
        assertThat(kv.call("PING")).isEqualTo("PONG");
    }

    @Test
    void shouldConsumeDirectBuffersInPlace() {
        ByteBuffer direct = ByteBuffer.allocateDirect(64);
        direct.put("PING\r\nPI".getBytes(StandardCharsets.US_ASCII)).flip();

        kv.feed.received(direct, kv.out);

        assertThat(direct.hasRemaining()).isFalse();
        assertThat(kv.reply()).isEqualTo("+PONG\r\n");
        assertThat(kv.raw("NG\r\n")).isEqualTo("+PONG\r\n");
    }

    /** Another client of the same server, as this one has said goodbye. */
    private Another another() {
        return new Another(new KvSession(kv.commands, "10.0.0.4:1", "10.0.0.2:6380"));
    }

    private record Another(KvSession session) {
        String call(String... arguments) {
            RespWriter out = new RespWriter();
            new Feed(session).received(ByteBuffer.wrap(Kv.request(arguments)), out);
            return Kv.read(StandardCharsets.ISO_8859_1.decode(out.take()).toString());
        }
    }

    private static String replies(Kv kv, byte[] stream, int fragment) {
        StringBuilder replies = new StringBuilder();
        for (int at = 0; at < stream.length; at += fragment) {
            kv.feed.received(ByteBuffer.wrap(stream, at, Math.min(fragment, stream.length - at)), kv.out);
            replies.append(kv.reply());
        }
        return replies.toString();
    }

    /** The short replies: those to ECHO. */
    private static List<String> echoed(String replies) {
        List<String> echoed = new ArrayList<>();
        for (String line : replies.split("\r\n", -1)) {
            if (!line.isEmpty() && line.length() < 4 && !line.startsWith("$")) {
                echoed.add(line);
            }
        }
        return echoed;
    }

    private static List<String> numbersUpTo(int count) {
        List<String> numbers = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            numbers.add(Integer.toString(number));
        }
        return numbers;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
