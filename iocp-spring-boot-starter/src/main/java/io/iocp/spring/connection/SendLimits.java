package io.iocp.spring.connection;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much may wait to be sent on a connection.
 *
 * @param highWaterMark bytes that wait to be sent from which on nothing more is received
 * @param lowWaterMark bytes that wait to be sent at which receiving goes on
 * @param slowReaderTimeout how long more than the low mark may wait without the peer taking enough of it; null = for ever
 */
public record SendLimits(
        long highWaterMark, long lowWaterMark, @Nullable Duration slowReaderTimeout) {
    /** 1 MiB, half of it, and 60 seconds. */
    public static final SendLimits DEFAULTS = new SendLimits(1 << 20, 1 << 19, Duration.ofSeconds(60));

    public SendLimits {
        if (highWaterMark < 1 || lowWaterMark < 0 || lowWaterMark >= highWaterMark) {
            throw new IllegalArgumentException("the low mark (" + lowWaterMark + ") must be below the high one ("
                    + highWaterMark + "), and not negative");
        }
    }
}
