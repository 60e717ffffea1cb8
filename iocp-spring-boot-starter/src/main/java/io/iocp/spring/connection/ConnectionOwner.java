package io.iocp.spring.connection;

import io.iocp.OverlappedIO;
import io.iocp.operation.OperationKind;
import io.iocp.spring.handler.CloseReason;
import io.iocp.spring.handler.Exchange;
import java.io.IOException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Whoever has opened a connection, a server or a client, and is told what becomes of it.
 *
 * <p>Thread: workers.
 */
public interface ConnectionOwner {

    String name();

    /** Whether the peer has opened the connection, not this side. */
    boolean isServer();

    /** The connection is closed, its descriptor too. Called once. */
    void closed(TcpConnection connection, CloseReason reason);

    /**
     * The TLS handshake has ended.
     *
     * @param session null unless it succeeded
     * @param nanos since the connection was accepted or connected
     */
    void handshakeEnded(
            HandshakeOutcome outcome, @Nullable SSLSession session, long nanos, @Nullable IOException failure);

    /** The connection is about to be closed because it has broken a rule. */
    void dropped(TcpConnection connection, CloseReason reason, @Nullable Exception why);

    /** Whether it may want what is received, and is to be asked before the handler. Always the same. */
    default boolean takesData() {
        return false;
    }

    /**
     * Something was received, a frame if there is framing: valid until this returns. Only if it {@linkplain #takesData() may want} it.
     *
     * @return whether it has taken it; if not it is the handler's
     */
    default boolean taken(Exchange exchange, OverlappedIO packet) {
        return false;
    }

    /** So much waits to be sent that nothing more is received until less does. */
    default void readerSlow(TcpConnection connection) {}

    /** No handler wanted a packet of this kind. */
    void unclaimed(OperationKind kind);
}
