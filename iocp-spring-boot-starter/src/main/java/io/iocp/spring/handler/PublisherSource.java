package io.iocp.spring.handler;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Replies of a publisher, each of them requested when the one before was sent and there is room. */
final class PublisherSource implements Series.Source, Flow.Subscriber<Object> {
    private @Nullable CompletableFuture<Object> waiting;
    private Flow.@Nullable Subscription subscription;
    private @Nullable Object ended;
    private boolean closed;
    private boolean requested;

    @Override
    public CompletableFuture<Object> next() {
        CompletableFuture<Object> next = new CompletableFuture<>();
        Flow.Subscription ready;
        synchronized (this) {
            if (ended != null) {
                end(next, ended);
                return next;
            }
            waiting = next;
            ready = subscription;
            requested = ready != null;
        }
        if (ready != null) {
            ready.request(1);
        }
        return next;
    }

    @Override
    public void onSubscribe(Flow.Subscription own) {
        boolean unwanted;
        boolean wanted;
        synchronized (this) {
            unwanted = closed || subscription != null;
            if (!unwanted) {
                subscription = own;
            }
            wanted = !unwanted && waiting != null && !requested;
            requested |= wanted;
        }
        if (unwanted) {
            own.cancel();
        } else if (wanted) {
            own.request(1);
        }
    }

    @Override
    public void onNext(Object value) {
        CompletableFuture<Object> next = taken();
        if (next != null) {
            next.complete(value);
        }
    }

    @Override
    public void onError(Throwable failure) {
        ended(failure);
    }

    @Override
    public void onComplete() {
        ended(Signal.END);
    }

    private void ended(Object how) {
        CompletableFuture<Object> next;
        synchronized (this) {
            ended = how;
            next = taken();
        }
        if (next != null) {
            end(next, how);
        }
    }

    private synchronized @Nullable CompletableFuture<Object> taken() {
        CompletableFuture<Object> next = waiting;
        waiting = null;
        return next;
    }

    private static void end(CompletableFuture<Object> next, Object how) {
        if (how instanceof Throwable failure) {
            next.completeExceptionally(failure);
        } else {
            next.complete(how);
        }
    }

    @Override
    public void close() {
        Flow.Subscription open;
        synchronized (this) {
            closed = true;
            open = ended == null ? subscription : null;
        }
        if (open != null) {
            open.cancel();
        }
    }
}
