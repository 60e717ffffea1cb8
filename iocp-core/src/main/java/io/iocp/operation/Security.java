package io.iocp.operation;

import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS handshake has come to.
 *
 * @param applicationProtocol what both sides have chosen (ALPN); null for nothing
 * @param serverName what the client has asked for (SNI), in lower case; null for nothing
 */
public record Security(
        SSLSession session,
        @Nullable String applicationProtocol,
        @Nullable String serverName) {}
