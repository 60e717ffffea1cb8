package io.iocp.spring.autoconfigure;

import io.iocp.spring.connection.UnknownPortException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.util.StringUtils;

/** Explains that a server or a client is to run on a completion port that does not exist. */
final class UnknownPortFailureAnalyzer extends AbstractFailureAnalyzer<UnknownPortException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownPortException cause) {
        return new FailureAnalysis(
                StringUtils.capitalize(cause.owner()) + " is to run on the completion port '" + cause.port()
                        + "', which does not exist.",
                "Set '" + cause.key() + "' to one that exists (" + UnknownTargetFailureAnalyzer.names(cause.known())
                        + "), or declare a CompletionPort bean of that name.",
                cause);
    }
}
