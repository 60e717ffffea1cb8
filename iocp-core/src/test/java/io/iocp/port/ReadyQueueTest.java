package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import org.junit.jupiter.api.Test;

class ReadyQueueTest {
    private final ReadyQueue queue = new ReadyQueue();

    private static Operation operation(String name) {
        return new Post(name);
    }

    private String drain() {
        StringBuilder names = new StringBuilder();
        for (Operation o = queue.poll(); o != null; o = queue.poll()) {
            assertThat(o.nextReady).isNull();
            names.append(o.packet());
        }
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.size()).isZero();
        return names.toString();
    }

    @Test
    void shouldBeFirstInFirstOut() {
        queue.add(operation("a"));
        queue.add(operation("b"));
        queue.add(operation("c"));
        assertThat(queue.size()).isEqualTo(3);
        assertThat(drain()).isEqualTo("abc");
        queue.add(operation("d"));
        assertThat(drain()).isEqualTo("d");
    }

    @Test
    void shouldPutAListInFront() {
        Operation a = operation("a");
        a.nextReady = operation("b");
        queue.addFirst(null);
        queue.addFirst(a);
        queue.add(operation("c"));
        Operation x = operation("x");
        queue.addFirst(x);
        assertThat(queue.size()).isEqualTo(4);
        assertThat(drain()).isEqualTo("xabc");
    }
}
