package io.iocp.spring.client;

import java.util.Locale;

/** What is the matter with one of the connections that a client keeps. */
public enum ClientState {
    /** None is wanted. */
    STOPPED,
    /** For the time of the next try. */
    WAITING,
    /** The name is being looked up, or the connection being made. */
    CONNECTING,
    /** The TLS handshake is going on. */
    HANDSHAKING,
    /** It stands. */
    UP,
    /** It stands, takes nothing new, and closes when what it has is finished. */
    DRAINING;

    /** As a meter's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
