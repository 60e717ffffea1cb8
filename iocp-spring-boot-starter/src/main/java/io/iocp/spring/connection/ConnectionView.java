package io.iocp.spring.connection;

import io.iocp.spring.handler.ConnectionInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A connection as it was when somebody looked.
 *
 * @param owner name of its server or client
 * @param peer address of whoever is at the other end
 * @param transportPeer address of the socket's peer, if another one: a proxy's
 * @param bytesReceived as plain text
 * @param bytesSent as plain text, files apart
 * @param pendingBytes given to be sent and still here
 * @param state what it is doing
 * @param key its completion key, as text
 */
public record ConnectionView(
        long id,
        String owner,
        String peer,
        @Nullable String transportPeer,
        Instant openedAt,
        long bytesReceived,
        long bytesSent,
        long pendingBytes,
        String state,
        @Nullable String key) {

    static ConnectionView of(ConnectionInfo connection) {
        String peer = connection.remoteAddress().toString();
        String transportPeer = connection.transportAddress().toString();
        return new ConnectionView(
                connection.id(),
                connection.owner(),
                peer,
                transportPeer.equals(peer) ? null : transportPeer,
                connection.openedAt(),
                connection.bytesReceived(),
                connection.bytesSent(),
                connection.pendingBytes(),
                connection.state(),
                String.valueOf(connection.key()));
    }
}
