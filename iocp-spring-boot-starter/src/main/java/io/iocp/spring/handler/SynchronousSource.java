package io.iocp.spring.handler;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.stream.BaseStream;

/** Replies of a collection or a stream, which are there or are computed when they are asked for. */
record SynchronousSource(Iterator<?> iterator, AutoCloseable owner) implements Series.Source {
    static SynchronousSource of(Object value) {
        if (value instanceof BaseStream<?, ?> stream) {
            return new SynchronousSource(stream.iterator(), stream);
        }
        return new SynchronousSource(((Iterable<?>) value).iterator(), () -> {});
    }

    @Override
    public CompletableFuture<Object> next() {
        return CompletableFuture.completedFuture(iterator.hasNext() ? iterator.next() : Signal.END);
    }

    @Override
    public void close() {
        try {
            owner.close();
        } catch (Exception e) {
            throw new IllegalStateException("a stream of replies could not be closed", e);
        }
    }
}
