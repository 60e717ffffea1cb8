package io.iocp.spring.tls;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a bundle in use is at this moment.
 *
 * @param bundle its name
 * @param subject of the certificate in use; null if the bundle has none
 * @param notAfter when the certificate in use expires, or the first of its chain; null if there is none
 * @param appliedAt since when this material is used for new handshakes
 * @param cause why there is newer material that is not used; null if there is none
 * @param remedy what to do about it; null if there is nothing to do
 */
public record TlsBundleStatus(
        String bundle,
        State state,
        @Nullable String subject,
        @Nullable Instant notAfter,
        Instant appliedAt,
        @Nullable String cause,
        @Nullable String remedy) {

    /** What is used for new handshakes, compared with what should be. */
    public enum State {
        /** The newest that there is. */
        CURRENT,
        /** What it was before: its files have changed to something that was never delivered, or cannot be read. */
        STALE,
        /** What it was before: newer material was delivered and cannot be used. */
        REFUSED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether the certificate in use has expired: clients that verify it end their handshakes. */
    public boolean expired(Instant now) {
        return notAfter != null && now.isAfter(notAfter);
    }
}
