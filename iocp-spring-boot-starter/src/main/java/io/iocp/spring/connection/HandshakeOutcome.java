package io.iocp.spring.connection;

import io.iocp.operation.Status;
import java.util.Locale;

/** How a TLS handshake ended. */
public enum HandshakeOutcome {
    /** The connection is secure. */
    SUCCESS,
    /** The peer does not speak TLS, the two could not agree, one does not trust the other, or the peer left in the middle. */
    FAILED,
    /** The peer connected and left without a word, as health checks and port scanners do. */
    LEFT,
    /** It took longer than {@code ssl.handshake-timeout}. */
    TIMED_OUT,
    /** The peer reset the connection, or it broke. */
    RESET,
    /** The connection was closed on this side: by a handler, or because the server stops. */
    CLOSED;

    /**
     * How the handshake of a packet with this status has ended.
     *
     * @param bytes that were received and sent for it
     */
    public static HandshakeOutcome of(Status status, long bytes) {
        HandshakeOutcome outcome = of(status);
        return bytes == 0 && (outcome == FAILED || outcome == RESET) ? LEFT : outcome;
    }

    private static HandshakeOutcome of(Status status) {
        return switch (status) {
            case OK -> SUCCESS;
            case TIMED_OUT -> TIMED_OUT;
            case CANCELLED, HANDLE_CLOSED, PORT_CLOSED, TIMER_EXPIRED -> CLOSED;
            case TLS_ERROR, EOF, TRUNCATED -> FAILED;
            case RESET,
                    ABORTED,
                    REFUSED,
                    UNREACHABLE,
                    CONNECT_TIMED_OUT,
                    ADDRESS_UNAVAILABLE,
                    SHUT_DOWN,
                    RESOURCE_LIMIT,
                    FAULT,
                    IO_ERROR -> RESET;
        };
    }

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
