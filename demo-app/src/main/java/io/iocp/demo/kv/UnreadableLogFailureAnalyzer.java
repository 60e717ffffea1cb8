package io.iocp.demo.kv;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in place of a stack trace what is wrong with the log, and what can be done. */
final class UnreadableLogFailureAnalyzer extends AbstractFailureAnalyzer<UnreadableLogException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnreadableLogException cause) {
        return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.remedy(), cause);
    }
}
