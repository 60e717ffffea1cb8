package io.iocp.spring.connection;

import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.LeasedBuffer;
import io.iocp.spring.handler.ReturnValue;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A reply that a handler will have later. Whoever completes its stage only posts it to the connection, whose worker sends it: no
 * code of the application and nothing of the connection runs on the completing thread. That may be while the handler still runs:
 * packets of a connection come one at a time, so this one comes when the handler's own is through.
 *
 * <p>Thread: {@link #complete} and {@link #cancel} any; everything else the worker that has a packet of the connection.
 */
final class PendingReply {
    private final Connection connection;
    private final CompletionStage<?> stage;
    private final ReturnValue how;

    /** There is one packet for it, whatever the stage does. */
    private final AtomicBoolean complete = new AtomicBoolean();
    /** Written before the packet is posted, read when it has come. */
    private @Nullable Object value;

    private @Nullable Throwable failure;

    PendingReply(Connection connection, CompletionStage<?> stage, ReturnValue how) {
        this.connection = connection;
        this.stage = stage;
        this.how = how;
    }

    /** From now on its packet may come. */
    void await() {
        var ignored = stage.whenComplete(this::complete);
    }

    private void complete(@Nullable Object result, @Nullable Throwable thrown) {
        if (complete.compareAndSet(false, true)) {
            value = result;
            failure = thrown;
            post();
        }
    }

    private void post() {
        try {
            connection.post(new OverlappedIO(this), 0);
        } catch (ClosedChannelException | ClosedPortException e) {
            drop(); // nobody is left who would read the reply
        } catch (RuntimeException e) {
            // The port has as many operations as it may. The peer is better off with a broken connection than with one
            // that never answers.
            drop();
            connection.close();
        }
    }

    /** The connection is closed: whoever works at the reply may stop. */
    void cancel() {
        try {
            stage.toCompletableFuture().cancel(false);
        } catch (UnsupportedOperationException e) {
            // It is no future, and goes on.
        }
    }

    ReturnValue how() {
        return how;
    }

    /**
     * What the stage has ended with.
     *
     * @throws Exception what it has failed with
     */
    @Nullable
    Object result() throws Exception {
        Throwable thrown = failure;
        if (thrown == null) {
            return value;
        }
        Throwable cause = (thrown instanceof CompletionException || thrown instanceof ExecutionException)
                ? thrown.getCause()
                : null;
        throw switch (cause == null ? thrown : cause) {
            case Error error -> throw error;
            case Exception exception -> exception;
            case Throwable other -> new CompletionException(other);
        };
    }

    private void drop() {
        if (value instanceof LeasedBuffer lease) {
            lease.release();
        }
    }
}
