package io.iocp.spring.tls;

import io.iocp.TlsOptions;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Makes the engines of one bundle's material.
 *
 * <p>Thread: any.
 */
interface EngineSource {
    /** An engine that does what the options say, and what the bundle says where they say nothing. */
    SSLEngine engine(TlsOptions options) throws SSLException;

    /** Whether they are faster with cipher text outside of the heap. */
    default boolean prefersDirectBuffers() {
        return false;
    }
}
