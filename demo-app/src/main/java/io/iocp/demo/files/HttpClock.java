package io.iocp.demo.files;

import java.time.InstantSource;

/**
 * The time for the Date field: written out once a second, not once a response.
 *
 * <p>Thread: any.
 */
final class HttpClock {

    private final InstantSource source;
    private volatile Second present = new Second(Long.MIN_VALUE, "");

    /** A second and its text. */
    record Second(long epochSecond, String text) {}

    HttpClock(InstantSource source) {
        this.source = source;
    }

    Second now() {
        long second = Math.floorDiv(source.millis(), 1000);
        Second known = present;
        if (known.epochSecond() != second) {
            known = new Second(second, HttpDate.format(second));
            present = known; // whoever comes last: they are equal, or a moment apart
        }
        return known;
    }
}
