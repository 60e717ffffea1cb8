package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.OperationKind;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockingHandlersTest {
    private final BlockingHandlers handlers = new BlockingHandlers();

    private boolean packets(int count) {
        boolean blocks = false;
        for (int i = 0; i < count; i++) {
            blocks = handlers.blocks(OperationKind.RECEIVE, "handler");
        }
        return blocks;
    }

    @Test
    void shouldLearnAHandlerThatBlocksWithEveryPacketAtTheFourthFind() {
        for (int find = 1; find <= 3; find++) {
            assertThat(packets(1)).isFalse();
            assertThat(handlers.found(OperationKind.RECEIVE, "handler")).isFalse();
        }
        assertThat(packets(1)).isFalse();
        assertThat(handlers.found(OperationKind.RECEIVE, "handler")).isTrue();
        assertThat(handlers.found(OperationKind.RECEIVE, "handler"))
                .as("told once")
                .isFalse();
        assertThat(packets(10 * BlockingHandlers.PACKETS_FOR_A_FIND))
                .as("from then on")
                .isTrue();
        assertThat(handlers.blocks(OperationKind.SEND, "handler"))
                .as("another kind")
                .isFalse();
        assertThat(handlers.names()).containsExactly("handler");
    }

    @Test
    void shouldLearnAHandlerThatBlocksWithOnePacketInAHundredWhenItIsNoChance() {
        int finds = 1;
        while (!handlers.found(OperationKind.RECEIVE, "handler")) {
            finds++;
            assertThat(packets(100)).isFalse();
        }
        assertThat(finds).isBetween(16, 40);
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 1000, 10_000})
    void shouldNotLearnAHandlerThatBlocksSeldomHoweverChancePlays(int oneIn) {
        RandomGenerator random = new SplittableRandom(oneIn);
        for (int find = 0; find < 20_000; find++) {
            assertThat(handlers.found(OperationKind.RECEIVE, "handler")).isFalse();
            packets((int) Math.min(5 * oneIn, -Math.log(1 - random.nextDouble()) * oneIn));
        }
        packets(100 * BlockingHandlers.PACKETS_FOR_A_FIND);
        assertThat(handlers.isEmpty()).as("nothing to look at any more").isTrue();
        assertThat(handlers.names()).isEmpty();
    }

    @Test
    void shouldNotRememberMoreHandlersThanTellAnything() {
        for (int handler = 0; handler < 5000; handler++) {
            for (int find = 0; find < 4; find++) {
                assertThat(handlers.found(OperationKind.POST, handler)).isEqualTo(find == 3 && handler < 1000);
            }
        }
        assertThat(handlers.names()).hasSize(1000);
    }
}
