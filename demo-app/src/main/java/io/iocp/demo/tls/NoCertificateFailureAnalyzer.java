package io.iocp.demo.tls;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in place of a stack trace why there is no certificate, and what can be done. */
final class NoCertificateFailureAnalyzer extends AbstractFailureAnalyzer<NoCertificateException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoCertificateException cause) {
        return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.remedy(), cause);
    }
}
