package io.iocp.spring.tls;

import io.iocp.TlsClientAuthentication;
import io.iocp.TlsEngineFactory;
import io.iocp.TlsOptions;
import java.util.Map;
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
        return material.engines().engine(options);
    }

    @Override
    public boolean prefersDirectBuffers() {
        return standard.material().engines().prefersDirectBuffers();
    }

    @Override
    public void release(SSLEngine engine) {
        if (OpenSslPresence.isUsable()) {
            OpenSslEngines.release(engine);
        }
    }
}
