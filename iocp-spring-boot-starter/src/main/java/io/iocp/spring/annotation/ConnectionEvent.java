package io.iocp.spring.annotation;

/** What a handler of a server or a client may be told of, apart from packets. */
public enum ConnectionEvent {
    /** The connection is closed, its descriptor too, and its last packet was handled. Told once for each connection. */
    CLOSED,
    /**
     * The server or the client begins to drain: the connection is closed once its handler has returned, what was sent has left and
     * nobody holds it open ({@link OnDrain}). Told at most once for each connection, in order with its
     * packets.
     */
    DRAIN
}
