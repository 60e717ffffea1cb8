package io.iocp.spring.server;

import java.util.Locale;

/** Why an accepted connection was closed at once. */
public enum RejectReason {
    /** There are as many as there may be. */
    MAX_CONNECTIONS,
    /** The handler of accepts failed. */
    HANDLER_FAILED,
    /** The handler of accepts closed it. */
    REFUSED,
    /** The server is being stopped. */
    STOPPING;

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
