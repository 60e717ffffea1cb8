package io.iocp.spring.actuate;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many events of one type are recorded in a second; the others are only counted. One type's flood leaves the others alone.
 *
 * <p>Thread: any.
 */
final class EventRate {
    private static final long WINDOW_NANOS = Duration.ofSeconds(1).toNanos();

    private final int mostInWindow;
    private final AtomicInteger inWindow = new AtomicInteger();
    private final LongAdder sampledOut = new LongAdder();
    private volatile long windowStart = System.nanoTime();

    EventRate(int mostInSecond) {
        mostInWindow = mostInSecond;
    }

    /** Whether one more is to be recorded. Racing threads may record a few more. */
    boolean admits() {
        long now = System.nanoTime();
        if (now - windowStart >= WINDOW_NANOS) {
            windowStart = now;
            inWindow.set(0);
        }
        // The first look keeps a flood from fighting for the counter.
        if (inWindow.get() >= mostInWindow || inWindow.incrementAndGet() > mostInWindow) {
            sampledOut.increment();
            return false;
        }
        return true;
    }

    /** Those that were not recorded. */
    long sampledOut() {
        return sampledOut.sum();
    }
}
