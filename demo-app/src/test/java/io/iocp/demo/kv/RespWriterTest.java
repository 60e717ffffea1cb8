package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RespWriterTest {

    private final RespWriter out = new RespWriter();

    @Test
    void shouldWriteEveryTypeOfReply() {
        out.ok();
        out.simple("PONG");
        out.error("ERR no");
        out.nil();
        out.nilArray();
        out.array(2);
        out.bulk("abc");
        out.bulk(new byte[0]);

        assertThat(written()).isEqualTo("+OK\r\n+PONG\r\n-ERR no\r\n$-1\r\n*-1\r\n*2\r\n$3\r\nabc\r\n$0\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 10, 99, 100, 1_234_567, -1, -10, Long.MAX_VALUE, Long.MIN_VALUE})
    void shouldWriteNumbersInDecimal(long number) {
        out.integer(number);

        assertThat(written()).isEqualTo(":" + number + "\r\n");
    }

    @Test
    void shouldNotLetALineEndInAnErrorForgeAnotherReply() {
        out.error("ERR unknown 'a\r\n+OK'");

        assertThat(written()).isEqualTo("-ERR unknown 'a  +OK'\r\n");
    }

    @Test
    void shouldGrowWithItsReplies() {
        StringBuilder expected = new StringBuilder();
        for (int reply = 0; reply < 10_000; reply++) {
            out.bulk("value " + reply);
            String value = "value " + reply;
            expected.append('$')
                    .append(value.length())
                    .append("\r\n")
                    .append(value)
                    .append("\r\n");
        }

        assertThat(written()).isEqualTo(expected.toString());
    }

    @Test
    void shouldForgetWhatWasWrittenAfterAMark() {
        out.ok();
        int mark = out.length();
        out.array(3);
        out.bulk("x".repeat(10_000));

        out.rewind(mark);
        out.nil();

        assertThat(written()).isEqualTo("+OK\r\n$-1\r\n");
    }

    @Test
    void shouldCountABufferUntilItIsSent() {
        out.ok();
        ByteBuffer first = out.take();
        out.simple("PONG");

        assertThat(out.length()).isEqualTo(7);
        assertThat(out.backlog()).isEqualTo(12);

        out.sent(first);

        assertThat(out.backlog()).isEqualTo(7);
    }

    @Test
    void shouldUseASentBufferAgainUnlessItGrewLarge() {
        out.ok();
        ByteBuffer small = out.take();
        out.sent(small);
        out.ok();
        assertThat(out.take()).isSameAs(small);
        out.sent(small);

        out.bulk(new byte[100_000]);
        ByteBuffer large = out.take();
        out.sent(large);
        out.ok();

        assertThat(out.take()).isSameAs(small);
    }

    @Test
    void shouldNotTouchABufferThatIsBeingSent() {
        out.ok();
        ByteBuffer beingSent = out.take();
        out.simple("PONG");

        assertThat(StandardCharsets.US_ASCII.decode(beingSent).toString()).isEqualTo("+OK\r\n");
    }

    @Test
    void shouldGiveAnEmptyBufferWhenNothingWasWritten() {
        assertThat(out.take().hasRemaining()).isFalse();
    }

    @Test
    void shouldRefuseToGrowBeyondItsLimit() {
        byte[] large = new byte[64 << 20];
        RespWriter heap = new RespWriter(ByteBuffer::allocate);
        heap.bulk(large);
        heap.bulk(large);
        heap.bulk(large);
        int before = heap.length();

        assertThatThrownBy(() -> heap.bulk(large))
                .isInstanceOf(CommandError.class)
                .hasMessageContaining("ERR reply is larger than");
        assertThat(heap.length()).isEqualTo(before);
    }

    @Test
    void shouldTurnLackOfMemoryIntoAnErrorOfTheCommand() {
        RespWriter poor = new RespWriter(bytes -> {
            if (bytes > 10_000) {
                throw new OutOfMemoryError("Cannot reserve " + bytes + " bytes of direct buffer memory");
            }
            return ByteBuffer.allocate(bytes);
        });

        assertThatThrownBy(() -> poor.bulk(new byte[20_000]))
                .isInstanceOf(CommandError.class)
                .hasMessageStartingWith("ERR no memory for a reply of");
    }

    private String written() {
        return StandardCharsets.ISO_8859_1.decode(out.take()).toString();
    }
}
