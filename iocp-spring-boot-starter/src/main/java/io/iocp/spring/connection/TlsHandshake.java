package io.iocp.spring.connection;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A TLS handshake of a server or a client that has ended.
 *
 * @param port name of the completion port
 * @param server name of the server, or the client
 * @param ofClient whether it is a client's
 * @param protocol as in {@code TLSv1.3}; null unless it succeeded
 * @param cipher as in {@code TLS_AES_256_GCM_SHA384}; null unless it succeeded
 * @param nanos from the accept or the connect on
 * @param failure null if it succeeded
 */
public record TlsHandshake(
        String port,
        String server,
        boolean ofClient,
        HandshakeOutcome outcome,
        @Nullable String protocol,
        @Nullable String cipher,
        long nanos,
        @Nullable IOException failure) {}
