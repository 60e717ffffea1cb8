package io.iocp.operation;

import java.time.Duration;

/**
 * When the kernel asks a silent peer whether it is still there, and when it gives the connection up: every operation in flight
 * then ends with RESET. For TCP only.
 *
 * @param idle silence before the first question; whole seconds, 1 s to 32,767 s
 * @param interval from one unanswered question to the next; whole seconds, 1 s to 32,767 s
 * @param count unanswered questions before the connection is given up, 1 to 127
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7): TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT</a>
 */
public record KeepAlive(Duration idle, Duration interval, int count) {
    private static final int MOST_SECONDS = 32_767;
    private static final int MOST_QUESTIONS = 127;

    public KeepAlive {
        checkSeconds("idle", idle);
        checkSeconds("interval", interval);
        if (count < 1 || count > MOST_QUESTIONS) {
            throw new IllegalArgumentException("count of a keep-alive must be from 1 to 127: " + count);
        }
    }

    /** After 60 seconds of silence, every 10 seconds, 6 times: a dead peer is given up after 2 minutes. */
    public static KeepAlive defaults() {
        return new KeepAlive(Duration.ofSeconds(60), Duration.ofSeconds(10), 6);
    }

    public KeepAlive withIdle(Duration newIdle) {
        return new KeepAlive(newIdle, interval, count);
    }

    public KeepAlive withInterval(Duration newInterval) {
        return new KeepAlive(idle, newInterval, count);
    }

    public KeepAlive withCount(int newCount) {
        return new KeepAlive(idle, interval, newCount);
    }

    private static void checkSeconds(String name, Duration time) {
        if (time.toSeconds() < 1
                || time.toSeconds() > MOST_SECONDS
                || !time.equals(Duration.ofSeconds(time.toSeconds()))) {
            throw new IllegalArgumentException(
                    name + " of a keep-alive must be whole seconds, from 1 s to 32767 s: " + time);
        }
    }
}
