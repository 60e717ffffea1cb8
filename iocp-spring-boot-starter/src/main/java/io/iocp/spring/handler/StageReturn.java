package io.iocp.spring.handler;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A returned stage: what it ends with is sent then, and what it fails with is as if the handler had thrown it. */
final class StageReturn implements ReturnValue {
    /** The result of a stage that has failed. */
    record Failed(Throwable cause) {
        /** Without what stages wrap it in. */
        static Failed of(Throwable failure) {
            Throwable cause = failure;
            while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                    && cause.getCause() != null) {
                cause = cause.getCause();
            }
            return new Failed(cause);
        }

        /** To be thrown. */
        Exception asException() {
            if (cause instanceof Error error) {
                throw error;
            }
            return cause instanceof Exception exception ? exception : new ExecutionException(cause);
        }
    }

    private final ReturnValue element;
    private final HandlerEndpoint handler;
    private final ReturnValue settled = new Settled();

    StageReturn(ReturnValue element, HandlerEndpoint handler) {
        this.element = element;
        this.handler = handler;
    }

    @Override
    public void send(@Nullable Object value, Exchange exchange) throws Exception {
        if (!(value instanceof CompletionStage<?> stage)) {
            return;
        }
        if (stage instanceof CompletableFuture<?> future && future.isDone() && !future.isCompletedExceptionally()) {
            element.send(future.join(), exchange);
        } else {
            exchange.sendWhenComplete(settled(stage), settled);
        }
    }

    /** Is sent where the connection's packets are handled, after the stage has ended. */
    private final class Settled implements ReturnValue {
        @Override
        public void send(@Nullable Object value, Exchange exchange) throws Exception {
            try {
                if (value instanceof Failed failed) {
                    throw failed.asException();
                }
                element.send(value == Signal.NONE ? null : value, exchange);
            } catch (Exception e) {
                handler.failed(exchange, null, e);
            }
        }
    }

    /**
     * A stage that ends when the given one does, and never fails of itself: its result says so. If it is cancelled the given one
     * is.
     */
    static CompletableFuture<Object> settled(CompletionStage<?> stage) {
        CompletableFuture<Object> settled = new CompletableFuture<>();
        stage.whenComplete((value, failure) ->
                settled.complete(failure != null ? Failed.of(failure) : value == null ? Signal.NONE : value));
        var _ = settled.whenComplete((_, cancelled) -> {
            if (cancelled != null) {
                stage.toCompletableFuture().cancel(false);
            }
        });
        return settled;
    }
}
