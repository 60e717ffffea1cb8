package io.iocp.spring.tls;

import java.security.Principal;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * What the handshakes of a bundle are made with: verified, and never changed. A renewed bundle is another object with another
 * {@link SSLContext}, so that no session of the old one is resumed under the trust of the new one.
 *
 * @param engines where the engines come from
 * @param chain own certificates, the end entity's first; empty if there is no key
 * @param trusting whether it names whom it trusts, rather than taking the JVM's default
 * @param protocols enabled ones; empty = the context's default
 * @param ciphers enabled ones; empty = the context's default
 * @param identity equal for equal content
 */
record TlsMaterial(
        SSLContext context,
        EngineSource engines,
        List<X509Certificate> chain,
        boolean trusting,
        List<String> protocols,
        List<String> ciphers,
        String identity) {

    TlsMaterial with(EngineSource others) {
        return new TlsMaterial(context, others, chain, trusting, protocols, ciphers, identity);
    }

    boolean hasKey() {
        return !chain.isEmpty();
    }

    /** Versions of TLS that a server's handshake may agree on. */
    List<String> enabledProtocols() {
        if (!protocols.isEmpty()) {
            return protocols;
        }
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        return List.of(engine.getEnabledProtocols());
    }

    /** When the first of the certificates expires, null if there is none. */
    @Nullable
    Instant notAfter() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** Whose certificate it is, null if there is none. */
    @Nullable
    String subject() {
        Principal subject = hasKey() ? chain.getFirst().getSubjectX500Principal() : null;
        return subject == null ? null : subject.getName();
    }
}
