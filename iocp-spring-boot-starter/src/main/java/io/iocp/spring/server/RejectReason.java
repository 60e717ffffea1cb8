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
    STOPPING,
    /** The client's address is denied, or not among those that are allowed. */
    ADDRESS_DENIED,
    /** There are as many from the client's address as there may be. */
    PER_ADDRESS,
    /** More have come in a second than are accepted. */
    ACCEPT_RATE,
    /** It would have to begin with a PROXY header, or does, and the peer is not trusted to send one. */
    PROXY_UNTRUSTED,
    /** It begins with something that is no PROXY header, or a broken one. */
    PROXY_INVALID,
    /** The PROXY header was not whole in time. */
    PROXY_TIMEOUT;

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
