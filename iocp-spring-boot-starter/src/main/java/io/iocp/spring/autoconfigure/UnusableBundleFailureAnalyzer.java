package io.iocp.spring.autoconfigure;

import io.iocp.spring.tls.UnusableBundleException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that an SSL bundle cannot be used as it is. */
final class UnusableBundleFailureAnalyzer extends AbstractFailureAnalyzer<UnusableBundleException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnusableBundleException cause) {
        String namedBy = cause.namedBy() == null ? "" : ", which '" + cause.namedBy() + "' names,";
        return new FailureAnalysis(
                "SSL bundle '" + cause.bundle() + "'" + namedBy + " cannot be used: " + cause.problem() + ".",
                cause.remedy(),
                cause);
    }
}
