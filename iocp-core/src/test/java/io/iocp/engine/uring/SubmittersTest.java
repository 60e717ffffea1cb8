package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SubmittersTest {
    private final Submitters submitters = new Submitters();

    @Test
    void shouldCountForTheHolderAndTakeBackFromWhoeverItWas() {
        submitters.hold(2);
        assertThat(submitters.submitted()).isEqualTo(2);
        assertThat(submitters.submitted()).isEqualTo(2);
        submitters.hold(5);
        assertThat(submitters.submitted()).isEqualTo(5);
        assertThat(submitters.held(2)).isEqualTo(2);
        assertThat(submitters.held(5)).isEqualTo(1);
        submitters.done(2);
        submitters.done(5);
        assertThat(submitters.held(2)).isEqualTo(1);
        assertThat(submitters.held(5)).isZero();
    }

    @Test
    void shouldKnowWhetherThereAreRequestsOfOthers() {
        assertThat(submitters.hasForeign()).as("nobody has held it").isFalse();
        submitters.hold(0);
        submitters.submitted();
        assertThat(submitters.hasForeign()).isFalse();
        submitters.hold(1);
        assertThat(submitters.hasForeign()).isTrue();
        submitters.submitted();
        submitters.done(0);
        assertThat(submitters.hasForeign()).isFalse();
        submitters.hold(0);
        assertThat(submitters.hasForeign())
                .as("the second's are foreign to the first")
                .isTrue();
    }

    @Test
    void shouldKeepItsCountsWhenWorkersWithHigherNumbersCome() {
        submitters.hold(3);
        submitters.submitted();
        for (int number : new int[] {15, 16, 31, 32, 1000}) {
            assertThat(submitters.held(number))
                    .as("nobody has counted up for it")
                    .isZero();
            submitters.hold(number);
            submitters.submitted();
            assertThat(submitters.held(number)).isEqualTo(1);
            assertThat(submitters.held(3)).isEqualTo(1);
        }
        submitters.done(3);
        assertThat(submitters.held(3)).isZero();
    }

    @Test
    void shouldNotCountForNobody() {
        assertThat(submitters.submitted()).isEqualTo(-1);
        submitters.done(-1);
        assertThat(submitters.hasForeign()).isFalse();
    }
}
