package io.iocp.spring.handler;

import java.net.SocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What there is to know about a connection of a server or a client; any handler of one may have a parameter of this type.
 *
 * <p>Thread: any. Numbers are read while they change, each for itself.
 */
public interface ConnectionInfo {

    /** Of the connection's handle, unique in the process. */
    long id();

    /** Name of the server that accepted the connection, or of the client that opened it. */
    String owner();

    /**
     * The address of whoever is at the other end: what a trusted proxy has announced with the PROXY protocol, else the socket's
     * own peer.
     */
    SocketAddress remoteAddress();

    /** The address of the socket's peer, which is the proxy's where there is one. */
    SocketAddress transportAddress();

    /** When it was accepted, or connected. */
    Instant openedAt();

    /** Bytes that were received, as plain text. */
    long bytesReceived();

    /** Bytes that were sent, as plain text, files apart. */
    long bytesSent();

    /** Bytes that were given to be sent and are still here. */
    long pendingBytes();

    /** What the connection is doing; a word for people. */
    String state();

    /** The completion key. */
    @Nullable
    Object key();
}
