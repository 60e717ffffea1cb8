package io.iocp.spring.connection;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a connection may take for what. Besides these there are the idle timeout, which any byte satisfies, and the limit of
 * the TLS handshake.
 *
 * @param firstByte from the accept, or the end of the TLS handshake, until the first byte is received; null = any time
 * @param frame from the first byte of a frame to its last; null = any time
 * @param minReceiveRate bytes in a second that must be received while a frame is not whole; 0 = any
 * @param rateWindow over which that is measured
 * @param maxAge after which it is closed in good order; null = never
 * @param maxAgeJitter which part of the age is left to chance, from 0 to 1, so that not all connections end together
 */
public record DeadlineSettings(
        @Nullable Duration firstByte,
        @Nullable Duration frame,
        long minReceiveRate,
        Duration rateWindow,
        @Nullable Duration maxAge,
        double maxAgeJitter) {

    /** Short enough to get rid of a peer that sends a byte now and then, long enough for one that loses a packet. */
    public static final Duration DEFAULT_RATE_WINDOW = Duration.ofSeconds(5);

    /** None. */
    public static final DeadlineSettings NONE = new DeadlineSettings(null, null, 0, DEFAULT_RATE_WINDOW, null, 0);
}
