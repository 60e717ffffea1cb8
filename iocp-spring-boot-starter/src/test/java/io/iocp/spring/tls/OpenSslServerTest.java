package io.iocp.spring.tls;

/** Everything that a server does with the JDK's TLS, with OpenSSL. */
class OpenSslServerTest extends TlsServerTest {
    @Override
    TlsProvider provider() {
        return TlsProvider.OPENSSL;
    }
}
