package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RequestListTest {
    private final RequestList list = new RequestList();
    private final Request a = new Request(0);
    private final Request b = new Request(1);
    private final Request c = new Request(2);

    @Test
    void shouldGiveBackInTheOrderOfComing() {
        list.add(a);
        list.add(b);
        assertThat(list.poll()).isSameAs(a);
        list.add(c);
        assertThat(list.poll()).isSameAs(b);
        assertThat(list.poll()).isSameAs(c);
        assertThat(list.poll()).isNull();
        assertThat(list.isEmpty()).isTrue();
    }

    @Test
    void shouldLetAnyOfThemLeave() {
        list.add(a);
        list.add(b);
        list.add(c);
        b.leaveList();
        assertThat(list.size()).isEqualTo(2);
        c.leaveList();
        a.leaveList();
        a.leaveList();
        assertThat(list.isEmpty()).isTrue();
        list.add(b);
        assertThat(list.poll()).isSameAs(b);
    }
}
