package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class WakeUpTest {
    private static final int EVENTFD = 77;
    private static final int FIRST = 1;
    private static final int SECOND = 20;

    private final Queue<String> calls = new ConcurrentLinkedQueue<>();
    private final Libc libc = (Libc)
            Proxy.newProxyInstance(Libc.class.getClassLoader(), new Class<?>[] {Libc.class}, (_, method, arguments) -> {
                calls.add(method.getName() + " " + arguments[0]);
                return method.getReturnType() == void.class ? null : 0;
            });
    private final Submitters submitters = new Submitters();
    private final WakeUp wakeUp = new WakeUp(libc, EVENTFD, submitters);

    /** Has the holder arm a poll; returns its user_data. */
    private long arm() {
        try (Arena arena = Arena.ofConfined()) {
            var entry = arena.allocate(UringAbi.SQE_BYTES, 8);
            wakeUp.arm(entry.address());
            return entry.get(ValueLayout.JAVA_LONG, UringAbi.SQE_USER_DATA);
        }
    }

    @Test
    void shouldBeArmedOnlyByAPollOfThePresentHolder() {
        submitters.hold(FIRST);
        assertThat(wakeUp.isArmed()).isFalse();
        long first = arm();
        assertThat(wakeUp.isArmed()).isTrue();
        assertThat(wakeUp.foreign()).isEmpty();
        submitters.hold(SECOND);
        assertThat(wakeUp.isArmed()).isFalse();
        long second = arm();
        assertThat(second).isNotEqualTo(first);
        assertThat(wakeUp.isArmed()).isTrue();
        assertThat(wakeUp.foreign()).isEqualTo(List.of(first));
    }

    @Test
    void shouldKeepAPollUntilItsLastCompletion() {
        submitters.hold(FIRST);
        long first = arm();
        wakeUp.completed(first, true);
        assertThat(wakeUp.isArmed()).isTrue();
        submitters.hold(SECOND);
        long second = arm();
        wakeUp.completed(first, false);
        assertThat(wakeUp.foreign()).isEmpty();
        assertThat(submitters.held(FIRST)).isZero();
        assertThat(wakeUp.isArmed()).isTrue();
        wakeUp.completed(first, false); // nothing that it has any more
        assertThat(submitters.held(FIRST)).isZero();
        wakeUp.completed(second, false);
        assertThat(wakeUp.isArmed())
                .as("the kernel has ended it: it is due again")
                .isFalse();
        assertThat(submitters.held(SECOND)).isZero();
    }

    @Test
    void shouldBeArmedAnewByAHolderThatComesBackWhileItsOldPollIsCancelled() {
        submitters.hold(FIRST);
        long old = arm();
        submitters.hold(SECOND);
        long second = arm();
        submitters.hold(FIRST);
        assertThat(wakeUp.isArmed())
                .as("its old poll may be gone at any moment")
                .isFalse();
        arm();
        wakeUp.completed(old, false);
        assertThat(wakeUp.isArmed()).isTrue();
        assertThat(wakeUp.foreign()).isEqualTo(List.of(second));
        assertThat(submitters.held(FIRST)).isEqualTo(1);
    }

    @Test
    void shouldNotWriteToTheDescriptorOnceItHasEnded() {
        wakeUp.wake();
        assertThat(calls).containsExactly("wake " + EVENTFD);
        assertThat(wakeUp.end()).isTrue();
        wakeUp.close();
        wakeUp.wake();
        assertThat(calls).containsExactly("wake " + EVENTFD, "close " + EVENTFD);
        assertThat(wakeUp.end()).as("ended before").isFalse();
    }
}
