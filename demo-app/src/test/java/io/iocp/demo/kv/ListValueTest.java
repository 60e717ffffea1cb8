package io.iocp.demo.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ListValueTest {

    private static final long SEED = Long.getLong("iocp.seed", 20_26L);

    @Test
    void shouldBehaveLikeAListAtBothEndsWhileItGrowsAndShrinks() {
        ListValue list = new ListValue();
        List<byte[]> model = new ArrayList<>();
        Random random = new Random(SEED);
        for (int step = 0; step < 20_000; step++) {
            boolean adding = model.isEmpty() || random.nextInt(20_000) > step;
            byte[] element = {(byte) step};
            switch ((adding ? 0 : 2) + random.nextInt(2)) {
                case 0 -> {
                    list.addFirst(element);
                    model.addFirst(element);
                }
                case 1 -> {
                    list.addLast(element);
                    model.addLast(element);
                }
                case 2 -> assertThat(list.removeFirst()).isSameAs(model.removeFirst());
                default -> assertThat(list.removeLast()).isSameAs(model.removeLast());
            }
            assertThat(list.size()).isEqualTo(model.size());
            if (!model.isEmpty()) {
                int index = random.nextInt(model.size());
                assertThat(list.at(index)).isSameAs(model.get(index));
            }
        }
    }
}
