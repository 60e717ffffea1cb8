package io.iocp;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Logs what handlers throw, at most ten in a second: whoever is at the other end of a connection may make one throw as often as he
 * likes. The first behind a pause says how many were left out.
 *
 * <p>Thread: any.
 */
final class FailureLog {
    private static final int MOST_IN_A_SECOND = 10;

    private final Logger log;
    private long second = Long.MIN_VALUE; // guarded by this
    private int logged; // guarded by this
    private long leftOut; // guarded by this

    FailureLog(Logger log) {
        this.log = log;
    }

    void log(String message, Throwable failure) {
        long missing = admit(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime()));
        if (missing >= 0) {
            log.log(
                    Level.ERROR,
                    missing == 0 ? message : message + " (" + missing + " failures before were not logged)",
                    failure);
        }
    }

    /** How many were left out before this one; -1 leaves this one out. */
    synchronized long admit(long now) {
        if (now != second) {
            second = now;
            logged = 0;
        }
        if (logged >= MOST_IN_A_SECOND) {
            leftOut++;
            return -1;
        }
        logged++;
        long missing = leftOut;
        leftOut = 0;
        return missing;
    }
}
