package io.iocp.spring.autoconfigure;

import io.iocp.EngineUnavailableException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that io_uring is required and cannot be used. */
final class EngineUnavailableFailureAnalyzer extends AbstractFailureAnalyzer<EngineUnavailableException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, EngineUnavailableException cause) {
        return new FailureAnalysis(
                "The engine io_uring is required ('iocp.engine' is 'io-uring') but cannot be used: " + cause.reason(),
                cause.remedy() + "\nOr set 'iocp.engine' to 'auto', which takes NIO where io_uring does not work.",
                cause);
    }
}
