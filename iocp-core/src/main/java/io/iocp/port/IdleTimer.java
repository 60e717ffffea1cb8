package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Status;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection on which nothing was transferred for a time. Transfers only note the time; the timer looks at that note
 * when it expires, and is armed anew for the rest. Thread: shard holder.
 */
final class IdleTimer extends Timer {
    private final Flow flow;
    private final TimerWheel timers;
    private final Endpoint endpoint;
    private final long timeoutNanos;

    /** {@link System#nanoTime()} of the last transfer. */
    long lastActivityNanos;

    private IdleTimer(Flow flow, TimerWheel timers, Endpoint endpoint, long timeoutNanos) {
        this.flow = flow;
        this.timers = timers;
        this.endpoint = endpoint;
        this.timeoutNanos = timeoutNanos;
    }

    /** Sets, changes or, with 0, removes the idle timeout of an endpoint. */
    static void set(Flow flow, TimerWheel timers, Endpoint endpoint, long timeoutNanos) {
        if (endpoint.idleTimer instanceof IdleTimer old) {
            timers.disarm(old);
        }
        @Nullable IdleTimer timer = null;
        if (timeoutNanos > 0 && !endpoint.isClosing()) {
            timer = new IdleTimer(flow, timers, endpoint, timeoutNanos);
            timer.lastActivityNanos = flow.nanoTime();
            timers.arm(timer, timer.lastActivityNanos + timeoutNanos);
        }
        endpoint.idleTimer = timer;
    }

    @Override
    void expired() {
        long due = lastActivityNanos + timeoutNanos;
        if (due - flow.nanoTime() > 0) {
            timers.arm(this, due);
        } else {
            flow.closeIfOpen(endpoint, Status.TIMED_OUT);
        }
    }
}
