package io.iocp.spring.tls;

/** Secrets that are rotated under a server with OpenSSL. */
class OpenSslReloadTest extends TlsReloadTest {
    @Override
    TlsProvider provider() {
        return TlsProvider.OPENSSL;
    }
}
