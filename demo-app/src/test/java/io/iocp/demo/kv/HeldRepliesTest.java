package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.demo.kv.AppendOnlyFile.Fsync;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A session whose replies wait for the log. */
class HeldRepliesTest {

    private final JournaledKv kv = new JournaledKv(Fsync.ALWAYS);
    private final KvSession session = kv.kv.session;
    private final RespWriter out = kv.kv.out;

    private boolean receive(String text) {
        return session.received(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)), out);
    }

    @Test
    void shouldRunNothingFurtherWhileRepliesAreHeld() {
        receive("GET a\r\nSET a 1\r\nGET a\r\nSET b 1\r\n");
        long position = session.heldUntil();
        assertThat(position).isEqualTo(Kv.request("SET", "a", "1").length * 2L);

        receive("SET a 2\r\nPI");
        receive("NG\r\n");
        assertThat(session.heldUntil()).isEqualTo(position);
        assertThat(session.canResume(out)).isFalse();
        assertThat(session.resume(out)).isTrue();
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");

        session.release();
        assertThat(kv.kv.reply()).isEqualTo("$-1\r\n+OK\r\n$1\r\n1\r\n+OK\r\n");
        assertThat(session.canResume(out)).isTrue();
        session.resume(out);
        assertThat(session.heldUntil()).isGreaterThan(position);
        session.release();
        assertThat(kv.kv.reply()).isEqualTo("+OK\r\n+PONG\r\n");
    }

    @Test
    void shouldNotHoldRepliesToReads() {
        receive("GET a\r\nPING\r\n");

        assertThat(session.heldUntil()).isZero();
    }

    @Test
    void shouldAskForNoMoreInputWhileMuchIsKept() {
        receive("SET a 1\r\n");
        assertThat(session.wantsInput()).isTrue();
        receive("PING\r\n".repeat(20_000));
        assertThat(session.wantsInput()).isFalse();

        session.release();
        session.resume(out);
        assertThat(session.wantsInput()).isTrue();
        assertThat(kv.kv.reply()).isEqualTo("+OK\r\n" + "+PONG\r\n".repeat(20_000));
    }

    @Test
    void shouldPutAnErrorInThePlaceOfWhatIsLostAndEnd() {
        receive("GET a\r\nSET a 1\r\nGET a\r\n");
        receive("PING\r\n");
        session.lost(out, "MISCONF lost");

        assertThat(kv.kv.reply()).isEqualTo("$-1\r\n-MISCONF lost\r\n");
        assertThat(receive("PING\r\n")).isFalse();
        assertThat(session.resume(out)).isFalse();
        assertThat(kv.kv.reply()).isEmpty();
    }

    @Test
    void shouldHoldTheReplyToQuitBehindAChange() {
        assertThat(receive("SET a 1\r\nQUIT\r\n")).isFalse();
        assertThat(session.heldUntil()).isPositive();
        session.release();

        assertThat(kv.kv.reply()).isEqualTo("+OK\r\n+OK\r\n");
    }

    @Test
    void shouldRunNothingWhileTheLogIsFull() {
        JournaledKv other = new JournaledKv(Fsync.NO);
        while (!other.log.isFull()) {
            other.call("SET", "a", "x".repeat(1 << 20));
        }
        KvSession full = other.kv.session;
        full.received(ByteBuffer.wrap("PING\r\nGET b\r\n".getBytes(StandardCharsets.ISO_8859_1)), other.kv.out);

        assertThat(full.full()).isTrue();
        assertThat(full.wantsInput()).isFalse();
        assertThat(full.canResume(other.kv.out)).isFalse();
        assertThat(other.kv.reply()).isEmpty();

        other.settle();
        assertThat(full.canResume(other.kv.out)).isTrue();
        full.resume(other.kv.out);
        assertThat(other.kv.reply()).isEqualTo("+PONG\r\n$-1\r\n");
        assertThat(full.full()).isFalse();
    }
}
