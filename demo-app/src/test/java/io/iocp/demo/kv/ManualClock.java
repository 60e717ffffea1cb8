package io.iocp.demo.kv;

import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that goes on only when the test says so.
 *
 * <p>Thread: any reads, the test alone moves it.
 */
final class ManualClock implements InstantSource {

    private volatile long millis;

    ManualClock(long millis) {
        this.millis = millis;
    }

    void advance(long byMillis) {
        millis = Math.addExact(millis, byMillis);
    }

    @Override
    public long millis() {
        return millis;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis);
    }
}
