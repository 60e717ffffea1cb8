package io.iocp.spring.actuate;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.iocp.spring.connection.ConnectionView;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One open connection of a server or a client.
 *
 * @param server that accepted it; null for a client's
 * @param client that opened it; null for a server's
 * @param peer address of whoever is at the other end: what a trusted proxy has announced, else the socket's own peer
 * @param transportPeer the socket's peer, if that is another: a proxy's
 * @param bytesReceived as plain text, as {@code bytesSent}, which is without what is transmitted from files
 * @param pendingBytes given to be sent and still here
 * @param state what it is doing
 * @param key its completion key, as text
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConnectionRow(
        long id,
        @Nullable String server,
        @Nullable String client,
        String peer,
        @Nullable String transportPeer,
        Instant openedAt,
        long ageMillis,
        long bytesReceived,
        long bytesSent,
        long pendingBytes,
        String state,
        @Nullable String key) {

    static ConnectionRow of(ConnectionView view, boolean ofServer, Instant now) {
        return new ConnectionRow(
                view.id(),
                ofServer ? view.owner() : null,
                ofServer ? null : view.owner(),
                view.peer(),
                view.transportPeer(),
                view.openedAt(),
                Math.max(0, Duration.between(view.openedAt(), now).toMillis()),
                view.bytesReceived(),
                view.bytesSent(),
                view.pendingBytes(),
                view.state(),
                view.key());
    }
}
