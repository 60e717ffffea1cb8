package io.iocp.operation;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What a handshake needs to know: which side this is, and where its {@link SSLEngine} comes from. */
public interface TlsSettings {
    /** This side sends the first message. */
    boolean isClient();

    /** The end of the peer's stream is taken for an orderly one also without a close_notify. */
    boolean isTruncationAllowed();

    /**
     * A new engine, ready to begin its handshake. Thread: the shard's holder, which it must not keep waiting.
     *
     * @param serverName as a server, what the client has asked for, in lower case; null if it did not say, and as a client
     * @throws SSLException if there is none for this name: the handshake fails
     */
    SSLEngine engine(@Nullable String serverName) throws SSLException;

    /** Whether the engine is faster with cipher text outside of the heap, as those written in C are. */
    boolean prefersDirectBuffers();

    /** Nobody uses the engine any more. Exactly once for each engine. Thread: any. */
    void release(SSLEngine engine);

    /** The name that this side, a client, asks for; null for none, and as a server. */
    @Nullable
    String requestedName();
}
