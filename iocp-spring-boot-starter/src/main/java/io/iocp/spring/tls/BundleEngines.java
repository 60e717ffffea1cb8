package io.iocp.spring.tls;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsEngineFactory;
import io.iocp.TlsOptions;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Makes each engine of the material that its bundle has at that moment.
 *
 * <p>Thread: any.
 */
final class BundleEngines implements TlsEngineFactory {
    private final TlsBundle standard;
    private final Map<String, TlsBundle> byServerName;

    /** @param byServerName normalized names and patterns; any other name, and none, get the {@code standard} one */
    BundleEngines(TlsBundle standard, Map<String, TlsBundle> byServerName) {
        this.standard = standard;
        this.byServerName = Map.copyOf(byServerName);
    }

    @Override
    public SSLEngine engine(TlsOptions options, @Nullable String serverName) throws SSLException {
        TlsBundle named = serverName == null ? null : ServerName.find(byServerName, serverName);
        TlsBundle bundle = named == null ? standard : named;
        TlsMaterial material = bundle.material();
        if (options.clientAuthentication() != TlsClientAuthentication.NONE && !material.trusting()) {
            throw new SSLException("SSL bundle '" + bundle.name()
                    + "' does not say whom to trust, so it can authenticate no clients: give it a trust store");
        }
        SSLEngine engine = engine(material.context(), options);
        options.apply(engine);
        if (options.protocols().isEmpty() && !material.protocols().isEmpty()) {
            engine.setEnabledProtocols(material.protocols().toArray(String[]::new));
        }
        if (options.cipherSuites().isEmpty() && !material.ciphers().isEmpty()) {
            engine.setEnabledCipherSuites(material.ciphers().toArray(String[]::new));
        }
        return engine;
    }

    private static SSLEngine engine(SSLContext context, TlsOptions options) {
        String host = options.host();
        // By host and port a client finds the session that it may resume.
        return host == null ? context.createSSLEngine() : context.createSSLEngine(host, options.port());
    }
}
