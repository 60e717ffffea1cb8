package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * Engines of the JDK's TLS.
 *
 * @param protocols enabled ones, where options name none; empty = the context's default
 * @param ciphers the same
 */
record JdkEngines(SSLContext context, List<String> protocols, List<String> ciphers) implements EngineSource {

    @Override
    public SSLEngine engine(TlsOptions options) {
        String host = options.host();
        // By host and port a client finds the session that it may resume.
        SSLEngine engine = host == null ? context.createSSLEngine() : context.createSSLEngine(host, options.port());
        options.apply(engine);
        enable(engine, options);
        return engine;
    }

    private void enable(SSLEngine engine, TlsOptions options) {
        if (options.protocols().isEmpty() && !protocols.isEmpty()) {
            engine.setEnabledProtocols(protocols.toArray(String[]::new));
        }
        if (options.cipherSuites().isEmpty() && !ciphers.isEmpty()) {
            engine.setEnabledCipherSuites(ciphers.toArray(String[]::new));
        }
    }
}
