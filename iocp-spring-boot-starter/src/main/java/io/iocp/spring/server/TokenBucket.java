package io.iocp.spring.server;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lets so many through in a second, and up to one second's worth at once.
 *
 * <p>Thread: any.
 */
final class TokenBucket {
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long perSecond;
    private final LongSupplier clock;

    /** In parts of a token: as many nanoseconds as a second has make {@link #perSecond} of them. */
    private long full;

    private long lookedNanos;

    /** @param clock nanoseconds, as {@link System#nanoTime} */
    TokenBucket(int perSecond, LongSupplier clock) {
        this.perSecond = perSecond;
        this.clock = clock;
        this.full = perSecond * SECOND_NANOS;
        this.lookedNanos = clock.getAsLong();
    }

    /** Takes one token, if there is one. */
    synchronized boolean take() {
        long now = clock.getAsLong();
        long passed = Math.min(SECOND_NANOS, Math.max(0, now - lookedNanos));
        lookedNanos = now;
        full = Math.min(perSecond * SECOND_NANOS, full + passed * perSecond);
        if (full < SECOND_NANOS) {
            return false;
        }
        full -= SECOND_NANOS;
        return true;
    }
}
