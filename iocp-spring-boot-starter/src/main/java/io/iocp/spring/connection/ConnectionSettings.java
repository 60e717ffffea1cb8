package io.iocp.spring.connection;

import io.iocp.spring.framing.BoundedFraming;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What every connection of a server or a client may do.
 *
 * @param idleTimeout without a byte received or sent until it is closed; null = never
 * @param deadlines how long it may take for what
 * @param send how much may wait to be sent
 * @param framing what its bytes are cut into frames with; null = they are not
 * @param tls what it is made secure with; null = it is not
 */
public record ConnectionSettings(
        @Nullable Duration idleTimeout,
        DeadlineSettings deadlines,
        SendLimits send,
        @Nullable BoundedFraming framing,
        @Nullable ConnectionTls tls) {

    /** The same, made secure with this; null = not at all. */
    public ConnectionSettings withTls(@Nullable ConnectionTls other) {
        return new ConnectionSettings(idleTimeout, deadlines, send, framing, other);
    }
}
