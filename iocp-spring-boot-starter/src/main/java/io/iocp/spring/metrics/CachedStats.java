package io.iocp.spring.metrics;

import io.iocp.CompletionPort;
import io.iocp.PortStats;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Statistics of a port that are read once for the many meters of one scrape. Thread: any. */
final class CachedStats {
    private static final long VALID_NANOS = Duration.ofMillis(100).toNanos();

    private record Reading(PortStats stats, long nanos) {}

    private final CompletionPort port;
    private volatile @Nullable Reading last;

    CachedStats(CompletionPort port) {
        this.port = port;
    }

    CompletionPort port() {
        return port;
    }

    PortStats get() {
        Reading reading = last;
        long now = System.nanoTime();
        if (reading == null || now - reading.nanos() > VALID_NANOS) {
            reading = new Reading(port.stats(), now);
            last = reading;
        }
        return reading.stats();
    }
}
