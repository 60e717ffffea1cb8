package io.iocp.spring.autoconfigure;

import io.iocp.spring.server.UnknownPortException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a server is to run on a completion port that does not exist. */
final class UnknownPortFailureAnalyzer extends AbstractFailureAnalyzer<UnknownPortException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownPortException cause) {
        return new FailureAnalysis(
                "Server '" + cause.settings().name() + "' is to run on the completion port '"
                        + cause.settings().port() + "', which does not exist.",
                "Set 'iocp.servers." + cause.settings().name() + ".completion-port' to one that exists ("
                        + UnknownTargetFailureAnalyzer.names(cause.known())
                        + "), or declare a CompletionPort bean of that name.",
                cause);
    }
}
