package io.iocp.spring.handler;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Replies that follow each other, taken one at a time while no more waits to be sent than is good: of a collection, a stream, a
 * publisher, or a resource that is no file. Between two of them no other packet or frame of the connection reaches a handler.
 *
 * <p>Thread: the worker that runs the connection's packet.
 */
final class Series implements ReturnValue {
    /** Where the replies come from. Closed once, when there are no more or nobody wants them any more. Thread: any. */
    interface Source extends AutoCloseable {
        /**
         * The next reply, or {@link Signal#END}. Not called again before it has come.
         *
         * @return is cancelled if the connection is closed before
         */
        CompletableFuture<Object> next() throws Exception;

        @Override
        void close();
    }

    private final Source source;
    private final ReturnValue element;
    private final HandlerEndpoint handler;

    Series(Source source, ReturnValue element, HandlerEndpoint handler) {
        this.source = source;
        this.element = element;
        this.handler = handler;
    }

    /** Sends as many as there is room for, and goes on when there is more. */
    void send(Exchange exchange) throws Exception {
        try {
            goOn(exchange, null);
        } catch (Throwable t) {
            source.close();
            throw t;
        }
    }

    /** What was waited for is here: room, or the next reply. */
    @Override
    public void send(@Nullable Object value, Exchange exchange) throws Exception {
        try {
            if (value instanceof StageReturn.Failed failed) {
                throw failed.asException();
            }
            goOn(exchange, value == Signal.NONE ? null : value);
        } catch (Exception e) {
            source.close();
            handler.failed(exchange, null, e);
        } catch (Throwable t) {
            source.close();
            throw t;
        }
    }

    private void goOn(Exchange exchange, @Nullable Object arrived) throws Exception {
        Object next = arrived;
        while (exchange.connection().isOpen()) {
            if (next == null) {
                CompletableFuture<?> room = exchange.whenWritable().toCompletableFuture();
                if (!room.isDone()) {
                    await(room, exchange);
                    return;
                }
                CompletableFuture<Object> coming = source.next();
                if (!coming.isDone()) {
                    await(coming, exchange);
                    return;
                }
                try {
                    next = coming.join();
                } catch (CompletionException e) {
                    throw StageReturn.Failed.of(e).asException();
                }
            }
            if (next == Signal.END) {
                break;
            }
            element.send(next, exchange);
            next = null;
        }
        source.close();
    }

    private void await(CompletableFuture<?> what, Exchange exchange) {
        CompletableFuture<Object> settled = StageReturn.settled(what);
        exchange.sendWhenComplete(settled, this);
        var _ = settled.whenComplete((_, cancelled) -> {
            if (cancelled != null) {
                source.close();
            }
        });
    }
}
