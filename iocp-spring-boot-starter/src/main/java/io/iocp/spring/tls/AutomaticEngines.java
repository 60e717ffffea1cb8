package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/** Engines of OpenSSL, and of the JDK for options that OpenSSL cannot do. */
record AutomaticEngines(OpenSslEngines openSsl, JdkEngines jdk) implements EngineSource {

    @Override
    public SSLEngine engine(TlsOptions options) throws SSLException {
        return openSsl.refusal(options) == null ? openSsl.engine(options) : jdk.engine(options);
    }

    @Override
    public boolean prefersDirectBuffers() {
        return openSsl.prefersDirectBuffers();
    }
}
