package io.iocp.spring.autoconfigure;

import io.iocp.spring.handler.DuplicateHandlerException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that two handlers claim the same packets. */
final class DuplicateHandlerFailureAnalyzer extends AbstractFailureAnalyzer<DuplicateHandlerException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DuplicateHandlerException cause) {
        return new FailureAnalysis(
                "Two handlers claim the " + cause.claim() + " of "
                        + cause.first().target() + ":\n\n    - " + cause.first() + "\n    - " + cause.second(),
                "Remove one of them, or give them different servers, channels or kinds in @IoCompletionHandler.",
                cause);
    }
}
