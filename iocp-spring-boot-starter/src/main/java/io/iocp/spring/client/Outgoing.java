package io.iocp.spring.client;

import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.connection.SendListener;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that the application has given to be sent, until the kernel has them, or nobody will.
 *
 * <p>Thread: one at a time; whoever has taken it out of the queue ends it, once.
 */
final class Outgoing implements SendListener {
    private final Attempt on;
    private final LeasedBuffer data;
    private final int length;
    private final CompletableFuture<Void> accepted = new CompletableFuture<>();
    private final @Nullable Expected<?> reply;

    /** @param reply the peer's answer; null if none is expected */
    Outgoing(Attempt on, LeasedBuffer data, @Nullable Expected<?> reply) {
        this.on = on;
        this.data = data;
        this.length = data.length();
        this.reply = reply;
    }

    LeasedBuffer data() {
        return data;
    }

    int length() {
        return length;
    }

    CompletableFuture<Void> accepted() {
        return accepted;
    }

    @Nullable
    Expected<?> reply() {
        return reply;
    }

    /** It was never given to the connection. */
    void refuse(IOException reason) {
        data.release();
        ended(reason);
    }

    @Override
    public void ended(@Nullable IOException failure) {
        on.sent(length);
        if (failure == null) {
            accepted.complete(null);
            return;
        }
        accepted.completeExceptionally(failure);
        if (reply != null) {
            reply.fail(failure);
        }
    }
}
