package io.iocp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailureLogTest {

    @Test
    void shouldLeaveOutWhatExceedsTenInASecondAndSaySo() {
        FailureLog log = new FailureLog(System.getLogger("test"));
        for (int i = 0; i < 10; i++) {
            assertThat(log.admit(7)).isZero();
        }
        assertThat(log.admit(7)).isEqualTo(-1);
        assertThat(log.admit(7)).isEqualTo(-1);
        assertThat(log.admit(8)).isEqualTo(2);
        assertThat(log.admit(8)).isZero();
    }
}
