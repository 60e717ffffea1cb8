package io.iocp.port;

import io.iocp.operation.Endpoint;

/**
 * Closes a connection on which nothing was transferred for a time. Transfers only note the time; the timer looks at that note
 * when it expires, and is armed anew for the rest.
 */
final class IdleTimer extends Timer {
    private final Flow flow;
    private final Endpoint endpoint;
    private final long timeoutNanos;

    IdleTimer(Flow flow, Endpoint endpoint, long timeoutNanos) {
        this.flow = flow;
        this.endpoint = endpoint;
        this.timeoutNanos = timeoutNanos;
    }

    long timeoutNanos() {
        return timeoutNanos;
    }

    @Override
    void expired() {
        flow.idleTimerExpired(this, endpoint);
    }
}
