package io.iocp.spring.autoconfigure;

import io.iocp.spring.handler.InvalidHandlerException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a method cannot be a handler as it is declared. */
final class InvalidHandlerFailureAnalyzer extends AbstractFailureAnalyzer<InvalidHandlerException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidHandlerException cause) {
        return new FailureAnalysis(cause.problem(), cause.remedy(), cause);
    }
}
