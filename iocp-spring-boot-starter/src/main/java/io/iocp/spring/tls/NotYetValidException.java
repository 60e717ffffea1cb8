package io.iocp.spring.tls;

import java.io.Serial;
import java.time.Instant;

/** An SSL bundle will be of use, but is not yet. */
final class NotYetValidException extends UnusableBundleException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Instant validFrom;

    NotYetValidException(String bundle, String problem, String remedy, Instant validFrom) {
        super(bundle, problem, remedy);
        this.validFrom = validFrom;
    }

    /** When to try again. */
    Instant validFrom() {
        return validFrom;
    }
}
