package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Endpoint.Direction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DirectionTest {
    private final Direction direction = new Direction();

    private static Operation operation(int number) {
        return new Receive(number);
    }

    @Test
    void shouldCountFromZero() {
        assertThat(direction.nextSequence()).isZero();
        assertThat(direction.nextSequence()).isEqualTo(1);
    }

    @Test
    void shouldTakeOutOfTheMiddleAndOfBothEnds() {
        Operation[] o = {operation(0), operation(1), operation(2), operation(3)};
        for (Operation operation : o) {
            direction.add(operation);
        }
        assertThat(direction.remove(o[1])).isTrue();
        assertThat(direction.remove(o[1])).isFalse();
        assertThat(direction.remove(o[3])).isTrue();
        Operation last = operation(4);
        direction.add(last);
        assertThat(direction.remove(o[0])).isTrue();
        assertThat(direction.poll()).isSameAs(o[2]);
        assertThat(direction.poll()).isSameAs(last);
        assertThat(direction.poll()).isNull();
        assertThat(direction.remove(last)).isFalse();
        direction.add(last);
        assertThat(direction.poll()).isSameAs(last);
    }

    @Test
    void shouldDoAsADequeWould() {
        Random random = new Random(9);
        ArrayDeque<Operation> model = new ArrayDeque<>();
        List<Operation> known = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    Operation operation = operation(step);
                    direction.add(operation);
                    model.add(operation);
                    known.add(operation);
                }
                case 2, 3 -> assertThat(direction.poll()).isSameAs(model.poll());
                default -> {
                    if (!known.isEmpty()) {
                        Operation any = known.get(random.nextInt(known.size()));
                        assertThat(direction.remove(any)).isEqualTo(model.remove(any));
                    }
                }
            }
        }
    }
}
