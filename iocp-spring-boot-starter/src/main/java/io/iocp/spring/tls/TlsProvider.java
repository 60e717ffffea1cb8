package io.iocp.spring.tls;

import org.jspecify.annotations.Nullable;

/** Whose TLS it is that connections use. */
public enum TlsProvider {
    /**
     * OpenSSL where it is on the class path, works on this machine, and can do what the bundle and the options ask for; else the
     * JDK.
     */
    AUTO,
    /** The JDK's own. */
    JDK,
    /**
     * OpenSSL in the form of BoringSSL: {@code io.netty:netty-handler} and {@code io.netty:netty-tcnative-boringssl-static} on the
     * class path. A bundle that it cannot use is refused.
     */
    OPENSSL;

    /** Why it cannot be used by this process; null if it can. */
    public @Nullable String problem() {
        return this == OPENSSL ? OpenSslPresence.whyNot() : null;
    }
}
