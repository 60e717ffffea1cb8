package io.iocp.spring.client;

import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.connection.SendListener;
import io.iocp.spring.handler.ReturnValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that the application has given to be sent, until the kernel has them, or nobody will.
 *
 * <p>Thread: one at a time; whoever has taken it out of the queue ends it, once.
 */
final class Outgoing implements SendListener {
    /** A longer copy is sent in pieces, so that it is seen how far the peer has taken it (a reader that is slow, or gone). */
    private static final int MOST_IN_PIECE = 256 << 10;

    private final Attempt on;
    private final List<LeasedBuffer> pieces;
    private final int length;
    private final CompletableFuture<Void> accepted = new CompletableFuture<>();
    private final @Nullable Expected<?> reply;
    private int waiting;
    private @Nullable IOException failure;

    private Outgoing(Attempt on, List<LeasedBuffer> pieces, int length, @Nullable Expected<?> reply) {
        this.on = on;
        this.pieces = pieces;
        this.length = length;
        this.reply = reply;
        this.waiting = pieces.size();
    }

    static Outgoing of(Attempt on, LeasedBuffer data) {
        return new Outgoing(on, List.of(data), data.length(), null);
    }

    /** @param reply the peer's answer; null if none is expected */
    static Outgoing copy(Attempt on, ByteBuffer data, @Nullable Expected<?> reply) {
        int length = data.remaining();
        if (length <= MOST_IN_PIECE) {
            return new Outgoing(on, List.of(ReturnValue.copyOf(data, on.buffers())), length, reply);
        }
        List<LeasedBuffer> pieces = new ArrayList<>();
        try {
            for (int at = 0; at < length; at += MOST_IN_PIECE) {
                int end = Math.min(length, at + MOST_IN_PIECE);
                pieces.add(ReturnValue.copyOf(data.slice(data.position() + at, end - at), on.buffers()));
            }
        } catch (RuntimeException e) {
            pieces.forEach(LeasedBuffer::release);
            throw e; // the bound of memory is reached
        }
        return new Outgoing(on, pieces, length, reply);
    }

    /** To be sent one behind the other, each with this as its listener. */
    List<LeasedBuffer> pieces() {
        return pieces;
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
        pieces.forEach(LeasedBuffer::release);
        failure = reason;
        ended();
    }

    /** One of the pieces has left, or never will. */
    @Override
    public void ended(@Nullable IOException problem) {
        failure = failure == null ? problem : failure;
        if (--waiting == 0) {
            ended();
        }
    }

    private void ended() {
        on.sent(length);
        IOException why = failure;
        if (why == null) {
            accepted.complete(null);
            return;
        }
        accepted.completeExceptionally(why);
        if (reply != null) {
            reply.fail(why);
        }
    }
}
