package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.EngineUnavailableException;
import org.junit.jupiter.api.Test;

class EngineUnavailableFailureAnalyzerTest {

    @Test
    void shouldTellReasonAndRemedy() {
        var failure = new RuntimeException(new EngineUnavailableException(
                "no", "io_uring_setup failed with EPERM; likely cause: seccomp", "allow the system call"));

        var analysis = requireNonNull(new EngineUnavailableFailureAnalyzer().analyze(failure));

        assertThat(analysis.getDescription()).contains("EPERM", "seccomp", "iocp.engine");
        assertThat(analysis.getAction()).contains("allow the system call", "auto");
    }
}
