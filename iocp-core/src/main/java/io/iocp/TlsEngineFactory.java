package io.iocp;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Where the engines of TLS connections come from: one certificate or one for each server name, material that is replaced while the
 * server runs, the JDK's implementation or another.
 *
 * <p>Thread: any, several at once.
 */
@FunctionalInterface
public interface TlsEngineFactory {
    /**
     * An engine for one connection, configured: {@link TlsOptions#apply} does that for engines that understand {@link
     * javax.net.ssl.SSLParameters}. Called for each handshake, on the worker that holds the connection: it must not wait for
     * anything. What it throws ends that handshake and nothing else.
     *
     * @param serverName as a server, what the client has asked for (SNI), in lower case; null if it has not, and as a client
     * @throws SSLException if there is none for this name: the client gets the alert unrecognized_name
     */
    SSLEngine engine(TlsOptions options, @Nullable String serverName) throws SSLException;

    /** Whether its engines are faster with cipher text outside of the heap, as those written in C are; the JDK's are not. */
    default boolean prefersDirectBuffers() {
        return false;
    }

    /** Nobody uses the engine any more; for engines with memory of their own. Called exactly once for each. */
    default void release(SSLEngine engine) {}

    /** Engines of one context, for whatever name. */
    static TlsEngineFactory of(SSLContext context) {
        return (options, serverName) -> {
            String host = options.host();
            SSLEngine engine = host == null ? context.createSSLEngine() : context.createSSLEngine(host, options.port());
            options.apply(engine);
            return engine;
        };
    }
}
