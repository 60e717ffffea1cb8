package io.iocp.spring.client;

import io.iocp.spring.handler.CloseReason;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the connections that a client keeps: has an attempt at it, and when that has ended, and it is still wanted, the next one.
 *
 * <p>An attempt ends once ({@link Attempt}), and only then is the next one opened, under the lock: so there is never more than one, and
 * a stop, which takes back the wish under the same lock, either sees the attempt that is there and closes it, or is seen by {@link
 * #ended} or {@link #next}.
 *
 * <p>Thread: any; the lock is held for a few field accesses and starts, and no code of the application runs under it.
 */
final class Place {
    private static final Logger LOG = LoggerFactory.getLogger(Place.class);

    private final TcpClient client;
    private final int number;

    // Guarded by this.
    private boolean wanted;
    private int failures;
    private ClientState state = ClientState.STOPPED;
    private Instant since = Instant.now();
    private @Nullable Instant nextTryAt;
    private @Nullable Attempt attempt;

    /** Why the last attempt has ended; null while all is well. Written under the lock. */
    private volatile @Nullable Ended lastEnd;

    /** The attempt whose connection stands and takes something to send. Written under the lock. */
    private volatile @Nullable Attempt up;

    /**
     * Why an attempt has ended.
     *
     * @param reason as in {@code refused}
     */
    record Ended(String reason, @Nullable Throwable failure) {
        @Override
        public String toString() {
            return failure == null ? reason : reason + " (" + failure.getMessage() + ")";
        }
    }

    Place(TcpClient client, int number) {
        this.client = client;
        this.number = number;
    }

    int number() {
        return number;
    }

    synchronized void start() {
        wanted = true;
        if (attempt == null) {
            failures = 0;
            open(Duration.ZERO);
        } // else it is ending, and next() goes on
    }

    /** Ends in good order. */
    synchronized void drain() {
        wanted = false;
        if (attempt != null) {
            up = null;
            if (state == ClientState.UP) {
                to(ClientState.DRAINING);
            }
            attempt.drain();
        }
    }

    /** Ends at once. */
    synchronized void stop() {
        wanted = false;
        up = null;
        if (attempt != null) {
            attempt.abort(CloseReason.SHUTDOWN);
        }
    }

    /** Handlers were started or stopped. */
    void handlersChanged() {
        Attempt current;
        synchronized (this) {
            current = attempt;
        }
        if (current != null) {
            current.handlersChanged();
        }
    }

    /** Closes it if its connection has this id; says whether it has. */
    boolean closeConnection(long id) {
        Attempt current = connected(id);
        if (current != null) {
            current.abort(CloseReason.OPERATOR);
        }
        return current != null;
    }

    /** Ends it in good order if its connection has this id; says whether it has. */
    boolean drainConnection(long id) {
        Attempt current = connected(id);
        if (current != null) {
            current.drain();
        }
        return current != null;
    }

    private synchronized @Nullable Attempt connected(long id) {
        Attempt current = attempt;
        return current == null || current.id() != id || current.view() == null ? null : current;
    }

    private void open(Duration delay) {
        nextTryAt = null;
        try {
            attempt = Attempt.begin(client, this, delay);
        } catch (RuntimeException e) {
            if (client.port().isOpen()) {
                LOG.error("client '{}' connects no more: a handle could not be opened", client.name(), e);
            }
            attempt = null;
            wanted = false;
            to(ClientState.STOPPED);
            return;
        }
        if (delay.isZero()) {
            to(ClientState.CONNECTING);
        } else {
            nextTryAt = Instant.now().plus(delay);
            to(ClientState.WAITING);
        }
    }

    private void to(ClientState next) {
        state = next;
        since = Instant.now();
        if (next == ClientState.STOPPED) {
            notifyAll();
        }
    }

    /** Waits until it has no handle any more, but no longer than until then. */
    synchronized void awaitStopped(long deadlineNanos) throws InterruptedException {
        while (attempt != null) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    // ---- told by the attempt, on its worker

    /** The attempt has come so far; false if it is not wanted any more. */
    synchronized boolean is(ClientState next, Attempt of) {
        if (!wanted || attempt != of) {
            return false;
        }
        nextTryAt = null;
        to(next);
        if (next == ClientState.UP) {
            up = of;
        }
        return true;
    }

    /** Nothing new goes to it, although it is not closed yet. */
    synchronized void leaves(Attempt of) {
        if (up == of) {
            up = null;
            to(ClientState.DRAINING);
        }
    }

    /**
     * The handle of the attempt is closed.
     *
     * @return the wait before the next one, for {@link #next}; null if none is wanted
     */
    synchronized @Nullable Duration ended(Attempt of, Ended why) {
        if (attempt != of) {
            throw new AssertionError("an attempt has ended that is not this place's: " + of);
        }
        up = null;
        lastEnd = why;
        if (!wanted) {
            attempt = null;
            to(ClientState.STOPPED);
            return null;
        }
        ReconnectDelays delays = client.settings().reconnect();
        // A peer that accepts and closes at once is no better than one that refuses: the delays go on growing.
        failures = of.stoodFor(delays.longest(failures + 1)) ? 1 : failures + 1;
        return delays.after(failures, client.random());
    }

    /** Opens the attempt after one that has ended, now that everybody knows of that end: what is told comes in order. */
    synchronized void next(Duration delay) {
        attempt = null;
        if (wanted) {
            open(delay);
        } else {
            to(ClientState.STOPPED);
        }
    }

    // ---- facts

    synchronized ClientState state() {
        return state;
    }

    @Nullable
    Attempt up() {
        return up;
    }

    @Nullable
    Ended lastEnd() {
        return lastEnd;
    }

    synchronized boolean hasHandle() {
        return attempt != null;
    }

    synchronized @Nullable Instant nextTryAt() {
        return nextTryAt;
    }

    ClientConnectionView view() {
        Attempt current;
        Ended end = lastEnd;
        synchronized (this) {
            current = attempt;
            return new ClientConnectionView(
                    number,
                    state,
                    since,
                    failures,
                    end == null ? null : end.toString(),
                    nextTryAt,
                    current == null ? null : current.view());
        }
    }
}
