package io.iocp.spring.autoconfigure;

import io.iocp.spring.framing.UnknownFramingException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a server or client names a framing bean that does not exist. */
final class UnknownFramingFailureAnalyzer extends AbstractFailureAnalyzer<UnknownFramingException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownFramingException cause) {
        return new FailureAnalysis(
                "'" + cause.key() + "' names the framing bean '" + cause.name() + "', which does not exist.",
                "Declare a bean of that name and of type io.iocp.spring.framing.Framing, or name one that exists: "
                        + UnknownTargetFailureAnalyzer.names(cause.known())
                        + ". For lines, delimiters and lengths no bean is needed: set another framing type.",
                cause);
    }
}
