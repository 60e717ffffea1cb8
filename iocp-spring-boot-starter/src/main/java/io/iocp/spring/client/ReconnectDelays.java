package io.iocp.spring.client;

import java.time.Duration;

/**
 * How long a client waits before it tries to connect again: longer after each failure.
 *
 * @param initialDelay after the first failure
 * @param maxDelay that is never exceeded
 * @param multiplier of each delay for the next one, at least 1
 * @param jitter the share of a delay that is left to chance, 0 to 1, so that clients that have lost the same server do not all come
 *     back at once
 */
public record ReconnectDelays(Duration initialDelay, Duration maxDelay, double multiplier, double jitter) {
    public ReconnectDelays {
        if (initialDelay.isNegative() || initialDelay.isZero()) {
            throw new IllegalArgumentException("the initial delay must be positive: " + initialDelay);
        }
        if (maxDelay.compareTo(initialDelay) < 0) {
            throw new IllegalArgumentException(
                    "the longest delay must not be shorter than the first: " + maxDelay + " < " + initialDelay);
        }
        if (!(multiplier >= 1 && multiplier <= 100)) {
            throw new IllegalArgumentException("the multiplier must be from 1 to 100: " + multiplier);
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("the jitter must be from 0 to 1: " + jitter);
        }
    }

    /**
     * The delay that {@code random} makes shorter by at most the share of the jitter.
     *
     * @param failures in a row, from 1
     * @param random from 0 (incl.) to 1 (excl.)
     */
    public Duration after(int failures, double random) {
        long full = longest(failures).toNanos();
        return Duration.ofNanos(full - (long) (full * jitter * random));
    }

    /** The delay with nothing left to chance. */
    Duration longest(int failures) {
        double nanos = initialDelay.toNanos() * Math.pow(multiplier, Math.max(0, failures - 1));
        return nanos >= maxDelay.toNanos() ? maxDelay : Duration.ofNanos((long) nanos);
    }
}
