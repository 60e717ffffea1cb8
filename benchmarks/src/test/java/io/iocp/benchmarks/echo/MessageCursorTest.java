package io.iocp.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageCursorTest {

    @Test
    void shouldFindEachBeginHoweverTheBytesAreCut() {
        Random random = new Random(7);
        MessageCursor cursor = new MessageCursor();
        List<Integer> begins = new ArrayList<>();
        int passed = 0;
        while (passed < 100 * Message.BYTES) {
            int length = 1 + random.nextInt(3 * Message.BYTES);
            for (int i = cursor.first(); i < length; i += Message.BYTES) {
                begins.add(passed + i);
            }
            cursor.passed(length);
            passed += length;
        }
        assertThat(begins).hasSizeGreaterThanOrEqualTo(100);
        for (int i = 0; i < begins.size(); i++) {
            assertThat(begins.get(i)).isEqualTo(i * Message.BYTES);
        }
    }
}
