package io.iocp.spring.client;

import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.handler.ConnectionInfo;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * One connection of a client, for what must go in order: what one thread sends here arrives in the order of its calls, and what
 * several send is never mixed within one call. When the connection is lost everything that is sent here fails; the next one that the
 * client makes is another one.
 *
 * <p>Thread: any.
 */
public final class ClientConnection implements ClientSender {
    private final Attempt attempt;

    ClientConnection(Attempt attempt) {
        this.attempt = attempt;
    }

    @Override
    public CompletableFuture<Void> send(ByteBuffer data) {
        return attempt.send(data);
    }

    @Override
    public CompletableFuture<Void> send(LeasedBuffer data) {
        return attempt.send(data);
    }

    @Override
    public <F> CompletableFuture<F> exchange(ByteBuffer request, Class<F> type) {
        return attempt.exchange(request, type);
    }

    /** Whether it stands and takes something to send. */
    public boolean isUp() {
        return attempt.isUp();
    }

    /** What there is to know about it. */
    public ConnectionInfo info() {
        return attempt.info();
    }

    /** Closes it once everything sent so far has left, and every answer that is expected has come. The client makes a new one. */
    public void close() {
        attempt.drain();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClientConnection same && same.attempt == attempt;
    }

    @Override
    public int hashCode() {
        return attempt.hashCode();
    }

    @Override
    public String toString() {
        return attempt.toString();
    }
}
