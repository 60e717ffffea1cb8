package io.iocp.spring.client;

import io.iocp.operation.Status;
import java.util.Locale;

/** How a try to connect has ended. */
public enum ConnectOutcome {
    /** The connection stands, the TLS handshake included. */
    SUCCESS,
    /** Nobody listens there. */
    REFUSED,
    /** It took longer than {@code connect-timeout}, the look-up of the name included. */
    TIMED_OUT,
    /** There is no way there. */
    UNREACHABLE,
    /** The name has no address, or could not be looked up. */
    UNKNOWN_HOST,
    /** The TLS handshake failed or took too long. */
    TLS_FAILED,
    /** The handler of the CONNECT packet failed, or closed the connection. */
    HANDLER_FAILED,
    /** The client was stopped meanwhile, or the connection closed by somebody. */
    CANCELLED,
    /** Anything else: descriptors that ran out, an address that cannot be connected from. */
    FAILED;

    static ConnectOutcome of(Status status) {
        return switch (status) {
            case OK -> SUCCESS;
            case REFUSED -> REFUSED;
            case TIMED_OUT, CONNECT_TIMED_OUT -> TIMED_OUT;
            case UNREACHABLE -> UNREACHABLE;
            case TLS_ERROR -> TLS_FAILED;
            case CANCELLED, HANDLE_CLOSED, PORT_CLOSED, TIMER_EXPIRED -> CANCELLED;
            case EOF, RESET, ABORTED, ADDRESS_UNAVAILABLE, SHUT_DOWN, TRUNCATED, RESOURCE_LIMIT, FAULT, IO_ERROR ->
                FAILED;
        };
    }

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
