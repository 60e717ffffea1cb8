package io.iocp.spring.connection;

import io.iocp.TlsOptions;
import java.time.Duration;

/**
 * What a connection is made secure with.
 *
 * @param handshakeTimeout until the handshake must have succeeded
 */
public record ConnectionTls(TlsOptions options, Duration handshakeTimeout) {}
