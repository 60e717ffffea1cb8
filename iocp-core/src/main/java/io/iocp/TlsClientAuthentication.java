package io.iocp;

/** Whether a TLS server asks its clients for a certificate. */
public enum TlsClientAuthentication {
    /** It does not. */
    NONE,
    /** It does, and goes on without. A certificate that it does not trust ends the handshake all the same. */
    WANT,
    /** A client without a certificate that the server trusts is refused. */
    NEED
}
