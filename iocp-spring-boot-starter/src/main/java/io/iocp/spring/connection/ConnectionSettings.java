package io.iocp.spring.connection;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What every connection of a server or a client may do.
 *
 * @param idleTimeout without a byte received or sent until it is closed; null = never
 * @param send how much may wait to be sent
 * @param tls what it is made secure with; null = it is not
 */
public record ConnectionSettings(
        @Nullable Duration idleTimeout,
        SendLimits send,
        @Nullable ConnectionTls tls) {

    /** The same, made secure with this; null = not at all. */
    public ConnectionSettings withTls(@Nullable ConnectionTls other) {
        return new ConnectionSettings(idleTimeout, send, other);
    }
}
