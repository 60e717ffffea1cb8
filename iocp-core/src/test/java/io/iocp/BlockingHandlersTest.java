package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.OperationKind;
import org.junit.jupiter.api.Test;

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
    void shouldLearnAHandlerThatIsFoundFourTimesWithFewPacketsInBetween() {
        for (int find = 1; find <= 3; find++) {
            assertThat(handlers.found(OperationKind.RECEIVE, "handler")).isFalse();
            assertThat(packets(BlockingHandlers.PACKETS_FOR_A_FIND)).isFalse();
        }
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
    void shouldForgetAHandlerThatBlocksSeldom() {
        for (int find = 1; find <= 20; find++) {
            assertThat(handlers.found(OperationKind.RECEIVE, "handler")).isFalse();
            assertThat(packets(BlockingHandlers.PACKETS_FOR_A_FIND + 1)).isFalse();
            assertThat(handlers.isEmpty()).as("nothing to look at").isTrue();
        }
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
