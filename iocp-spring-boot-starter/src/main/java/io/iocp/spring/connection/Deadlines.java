package io.iocp.spring.connection;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.ScheduledPost;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.spring.handler.CloseReason;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The times by which something must have happened on a connection, and one timer for all of them.
 *
 * <p>Thread: the worker that has a packet of the connection.
 */
final class Deadlines {
    /*
     * What happens often (a frame begins, a frame ends) only writes a time. The timer is armed for the earliest deadline there
     * is; when it fires it looks again, and is armed anew for what is left. It is armed earlier only if a deadline comes up
     * before the moment that it is armed for, and then stays at that distance: so it is moved at most once in the shortest of
     * the times, however many frames come and go.
     *
     * The clock is the system's, but a timer is never early: if it fires before its time by this clock, then the port's clock,
     * which a test may turn, is ahead by so much.
     */
    private static final long NEVER = Long.MAX_VALUE;

    private final DeadlineSettings settings;
    private final SendLimits sends;
    private final OverlappedIO packet;
    private final long base = System.nanoTime();
    private final long firstByteNanos;
    private final long frameNanos;
    private final long windowNanos;
    private final long slowReaderNanos;
    private long ahead;

    private @Nullable ScheduledPost timer;
    private long timerAt = NEVER;

    private long firstByteAt = NEVER;
    private long ageAt = NEVER;

    /** When the frame that is not whole has begun; {@link #NEVER} if there is none. */
    private long frameSince = NEVER;

    /** When the rate was begun to be measured, and what was received by then. */
    private long windowSince = NEVER;

    private long windowBytes;

    /** Since when more than the low mark waits to be sent, and what was sent by then. */
    private long slowSince = NEVER;

    private long slowSent;

    /** @param mark the attachment of its packet */
    Deadlines(DeadlineSettings settings, SendLimits sends, Object mark) {
        this.settings = settings;
        this.sends = sends;
        this.packet = new OverlappedIO(mark);
        this.firstByteNanos = nanos(settings.firstByte());
        this.frameNanos = nanos(settings.frame());
        this.windowNanos = settings.minReceiveRate() > 0 ? settings.rateWindow().toNanos() : 0;
        this.slowReaderNanos = nanos(sends.slowReaderTimeout());
    }

    private static long nanos(@Nullable Duration time) {
        return time == null ? 0 : time.toNanos();
    }

    private long now() {
        return System.nanoTime() - base + ahead;
    }

    // ---- what happens

    /** It may be used. To be called before anything of it is started, or by one of its packets. */
    void opened(Connection connection) {
        Duration maxAge = settings.maxAge();
        if (maxAge != null) {
            double part =
                    1 - settings.maxAgeJitter() * ThreadLocalRandom.current().nextDouble();
            ageAt = now() + (long) (maxAge.toNanos() * part);
            arm(connection, ageAt);
        }
    }

    /** The peer may send from now on. */
    void awaitFirstByte(Connection connection) {
        if (firstByteNanos > 0) {
            firstByteAt = now() + firstByteNanos;
            arm(connection, firstByteAt);
        }
    }

    /**
     * Bytes were received, and given to the handlers as far as they make whole frames.
     *
     * @param bytes in all
     * @param inFrame whether a part of a frame is left
     * @param frameEnded whether there were whole ones, so that what is left is another
     */
    void received(Connection connection, long bytes, boolean inFrame, boolean frameEnded) {
        firstByteAt = NEVER;
        if (frameEnded || !inFrame) {
            frameSince = NEVER;
            windowSince = NEVER;
        }
        if (inFrame && (frameNanos > 0 || windowNanos > 0)) {
            frameGoesOn(connection, bytes);
        }
    }

    private void frameGoesOn(Connection connection, long bytes) {
        if (frameSince != NEVER) {
            return;
        }
        long now = now();
        frameSince = now;
        if (frameNanos > 0) {
            arm(connection, now + frameNanos);
        }
        if (windowNanos > 0) {
            windowSince = now;
            windowBytes = bytes;
            arm(connection, now + windowNanos);
        }
    }

    /**
     * Something was given to be sent, or has left.
     *
     * @param ending whether the connection is closed once everything has left: then a peer that takes too little keeps it, however little
     *     waits
     */
    void outputChanged(Connection connection, Outbound outbound, boolean ending) {
        if (slowReaderNanos == 0) {
            return;
        }
        if (outbound.pendingBytes() <= (ending ? 0 : sends.lowWaterMark())) {
            slowSince = NEVER;
        } else if (slowSince == NEVER) {
            slowSince = now();
            slowSent = outbound.bytesSent();
            arm(connection, slowSince + slowReaderNanos);
        }
    }

    // ---- the timer

    private void arm(Connection connection, long at) {
        ScheduledPost armed = timer;
        if (armed != null && (timerAt <= at || !armed.cancel())) {
            return; // it comes before, or is about to, and looks then
        }
        timerAt = at;
        try {
            Duration delay = Duration.ofNanos(Math.max(0, at - now()));
            timer = connection.port().postDelayed(packet, null, delay, connection);
        } catch (IllegalStateException | TooManyOperationsException e) {
            timer = null; // closed, which is what a deadline would come to
        }
    }

    /**
     * The timer has fired.
     *
     * @param bytesReceived in all
     * @param paused whether this side does not receive at present, for which the peer cannot be blamed
     * @return why the connection is to be closed; null if it is not
     */
    @Nullable
    CloseReason fired(Connection connection, long bytesReceived, boolean paused, Outbound outbound) {
        timer = null;
        if (now() < timerAt) {
            ahead += timerAt - now();
        }
        long now = now();
        CloseReason broken = broken(now, bytesReceived, paused, outbound);
        if (broken != null && broken != CloseReason.MAX_AGE) {
            return broken;
        }
        long next = Math.min(firstByteAt, ageAt);
        if (frameSince != NEVER && frameNanos > 0) {
            next = Math.min(next, frameSince + frameNanos);
        }
        if (windowSince != NEVER) {
            next = Math.min(next, windowSince + windowNanos);
        }
        if (slowSince != NEVER) {
            next = Math.min(next, slowSince + slowReaderNanos);
        }
        if (next != NEVER) {
            arm(connection, next);
        }
        return broken;
    }

    private @Nullable CloseReason broken(long now, long bytesReceived, boolean paused, Outbound outbound) {
        if (slowSince != NEVER && now - slowSince >= slowReaderNanos) {
            if (outbound.bytesSent() - slowSent < Math.max(1, sends.lowWaterMark())) {
                return CloseReason.SLOW_READER;
            }
            slowSince = now;
            slowSent = outbound.bytesSent();
        }
        if (paused) {
            restart(now, bytesReceived);
        }
        if (firstByteAt <= now) {
            return CloseReason.FIRST_BYTE_TIMEOUT;
        }
        if (frameSince != NEVER && frameNanos > 0 && now - frameSince >= frameNanos) {
            return CloseReason.FRAME_TIMEOUT;
        }
        if (windowSince != NEVER && now - windowSince >= windowNanos) {
            double seconds = (now - windowSince) / 1e9;
            if (bytesReceived - windowBytes < settings.minReceiveRate() * seconds) {
                return CloseReason.TOO_SLOW;
            }
            windowSince = now;
            windowBytes = bytesReceived;
        }
        if (ageAt <= now) {
            ageAt = NEVER;
            return CloseReason.MAX_AGE;
        }
        return null;
    }

    /** The peer's time begins anew. */
    private void restart(long now, long bytesReceived) {
        if (firstByteAt != NEVER) {
            firstByteAt = now + firstByteNanos;
        }
        if (frameSince != NEVER) {
            frameSince = now;
        }
        if (windowSince != NEVER) {
            windowSince = now;
            windowBytes = bytesReceived;
        }
    }
}
