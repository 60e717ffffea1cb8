package io.iocp.spring.connection;

/** Is told of every TLS handshake of every server and client. Every bean of this type is. Thread: workers, several at once; must not wait. */
@FunctionalInterface
public interface HandshakeListener {
    void ended(TlsHandshake handshake);
}
