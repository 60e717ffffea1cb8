package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.port.Counters.Count;
import org.junit.jupiter.api.Test;

class CountersTest {

    @Test
    void shouldKeepEveryNumberApart() {
        Counters counters = new Counters();
        int next = 1;
        for (OperationKind kind : OperationKind.values()) {
            for (int i = 0; i < next; i++) {
                counters.started(kind);
            }
            next++;
            for (Status status : Status.values()) {
                for (int i = 0; i < next; i++) {
                    counters.completed(kind, status);
                }
                next++;
            }
        }
        for (Count count : Count.values()) {
            counters.count(count, next++);
        }
        int expected = 1;
        for (OperationKind kind : OperationKind.values()) {
            assertThat(counters.startedOf(kind)).isEqualTo(expected++);
            for (Status status : Status.values()) {
                assertThat(counters.completedOf(kind, status)).isEqualTo(expected++);
            }
        }
        for (Count count : Count.values()) {
            assertThat(counters.of(count)).isEqualTo(expected++);
        }
    }
}
