package io.iocp.spring.connection;

import java.util.List;

/**
 * Is told what an operator wants to know of servers, clients and their connections. Every bean of this type is told; every method
 * does nothing by default. Reasons are the tags of the meters, as in {@code max-connections}.
 *
 * <p>Thread: whichever it happens on, workers above all, several at once: must not wait, must not throw.
 */
public interface ConnectionListener {
    /** A server closed what it had just accepted. Anybody can make this happen, as often as he likes. */
    default void rejected(String port, String server, String reason) {}

    /** The peer reads so slowly that more waits to be sent than the high mark: nothing more is read from it until it has caught up. */
    default void readerSlow(String port, String owner, long connection, long pendingBytes) {}

    /** A connection was closed because it broke a rule: a deadline, a rate, a size, a reader too slow for too long. */
    default void dropped(String port, String owner, long connection, String reason) {}

    /** The server accepts no more, until it is resumed; its connections live on. */
    default void serverPaused(String port, String server) {}

    /** A paused server accepts again. */
    default void serverResumed(String port, String server) {}

    /** A client has a connection, its first or a new one. */
    default void clientConnected(String port, String client, long connection, String peer) {}

    /** A client has lost a connection, or could not connect; it goes on trying. */
    default void clientLost(String port, String client, String reason) {}

    /** Tells all of these. */
    static ConnectionListener of(List<ConnectionListener> listeners) {
        return switch (listeners.size()) {
            case 0 -> new ConnectionListener() {};
            case 1 -> listeners.getFirst();
            default -> new ConnectionListeners(List.copyOf(listeners));
        };
    }
}
