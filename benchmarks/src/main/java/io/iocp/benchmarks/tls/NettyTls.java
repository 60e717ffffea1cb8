package io.iocp.benchmarks.tls;

import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Netty's TLS for servers: engines of the JDK, or of OpenSSL (BoringSSL in netty-tcnative). */
public final class NettyTls {

    /** Held, or its level would be forgotten. */
    private static final Logger LOG = Logger.getLogger("io.netty");

    private NettyTls() {}

    /** Netty would say for each context that BoringSSL has its own mind about cipher suites. */
    static void onlyWarnings() {
        LOG.setLevel(Level.WARNING);
    }

    static SslContext context(Path keys, boolean openSsl) throws IOException, GeneralSecurityException {
        onlyWarnings();
        SslContext context = SslContextBuilder.forServer(
                        // Or each handshake would hand over the key anew.
                        openSsl ? new OpenSslCachingX509KeyManagerFactory(TlsKeys.read(keys)) : TlsKeys.read(keys))
                .sslProvider(openSsl ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                .protocols(TlsKeys.PROTOCOLS)
                .ciphers(TlsKeys.CIPHER_SUITES)
                .build();
        if (openSsl) {
            // Without keys of its own it gives out no tickets, and nobody could resume.
            ((OpenSslSessionContext) context.sessionContext())
                    .setTicketKeys(new OpenSslSessionTicketKey(
                            random(OpenSslSessionTicketKey.NAME_SIZE),
                            random(OpenSslSessionTicketKey.HMAC_KEY_SIZE),
                            random(OpenSslSessionTicketKey.AES_KEY_SIZE)));
        }
        return context;
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return random;
    }
}
