package io.iocp.port;

/**
 * The time as one worker knows it: read once where one packet's handler ends and the next one's begins. What the library does between
 * the two, some tenths of a microsecond, counts as the next one's; whatever takes longer makes it {@link #forget()}.
 *
 * <p>Thread: one.
 */
public final class WorkerClock {
    private long nanos;
    private boolean known;

    /** The time at which a handler begins: now, or when the one before it has ended. */
    public long begin() {
        return known ? nanos : System.nanoTime();
    }

    /** The time at which a handler has ended: now. */
    public long end() {
        known = true;
        nanos = System.nanoTime();
        return nanos;
    }

    /** Something else was done since. */
    public void forget() {
        known = false;
    }
}
