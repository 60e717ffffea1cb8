package io.iocp.spring.autoconfigure;

import io.iocp.spring.tls.UnknownBundleException;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that an SSL bundle is named that does not exist. */
final class UnknownBundleFailureAnalyzer extends AbstractFailureAnalyzer<UnknownBundleException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownBundleException cause) {
        Set<String> known = new TreeSet<>(cause.known());
        return new FailureAnalysis(
                "'" + cause.namedBy() + "' names the SSL bundle '" + cause.bundle() + "', which does not exist.",
                "Name one that exists (" + UnknownTargetFailureAnalyzer.names(known) + "), or configure it: set"
                        + " 'spring.ssl.bundle.pem." + cause.bundle()
                        + ".keystore.certificate' and '.keystore.private-key', or"
                        + " 'spring.ssl.bundle.jks." + cause.bundle() + ".keystore.location'.",
                cause);
    }
}
