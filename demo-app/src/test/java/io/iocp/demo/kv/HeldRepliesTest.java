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
    private final Feed feed = kv.kv.feed;
    private final RespWriter out = kv.kv.out;

    private boolean receive(String text) {
        return feed.received(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)), out);
    }

    @Test
    void shouldRunNothingFurtherWhileRepliesAreHeld() {
        receive("GET a\r\nSET a 1\r\nGET a\r\nSET b 1\r\n");
        long position = session.heldUntil();
        assertThat(position).isEqualTo(Kv.request("SET", "a", "1").length * 2L);

        receive("SET a 2\r\nPI");
        receive("NG\r\n");
        assertThat(session.heldUntil()).isEqualTo(position);
        assertThat(feed.resume(out)).isTrue();
        assertThat(kv.call("GET", "a")).isEqualTo("\"1\"");

        session.release();
        assertThat(kv.kv.reply()).isEqualTo("$-1\r\n+OK\r\n$1\r\n1\r\n+OK\r\n");
        feed.resume(out);
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
    void shouldPutAnErrorInThePlaceOfWhatIsLostAndEnd() {
        receive("GET a\r\nSET a 1\r\nGET a\r\n");
        receive("PING\r\n");
        session.lost(out, "MISCONF lost");

        assertThat(kv.kv.reply()).isEqualTo("$-1\r\n-MISCONF lost\r\n");
        receive("PING\r\n");
        feed.resume(out);
        assertThat(session.isReady(out)).isFalse();
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
        other.kv.feed.received(
                ByteBuffer.wrap("PING\r\nGET b\r\n".getBytes(StandardCharsets.ISO_8859_1)), other.kv.out);

        assertThat(full.isFull()).isTrue();
        assertThat(full.isReady(other.kv.out)).isFalse();
        assertThat(other.kv.reply()).isEmpty();

        other.settle();
        assertThat(full.isReady(other.kv.out)).isTrue();
        other.kv.feed.resume(other.kv.out);
        assertThat(other.kv.reply()).isEqualTo("+PONG\r\n$-1\r\n");
        assertThat(full.isFull()).isFalse();
    }
}
