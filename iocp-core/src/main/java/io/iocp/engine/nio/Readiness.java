package io.iocp.engine.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The selector, and the endpoints that it found ready.
 *
 * <p>A select only collects; what is ready is performed afterwards, when the selector's locks are free again and a report
 * may change what the selector watches.
 *
 * <p>Thread: shard holder, but for {@link #wakeup()}.
 */
final class Readiness {
    private final Selector selector;
    private final ArrayDeque<NioEndpoint> ready = new ArrayDeque<>();
    private final Consumer<SelectionKey> collect = this::collect;

    Readiness() throws IOException {
        selector = Selector.open();
    }

    Selector selector() {
        return selector;
    }

    /** Whether there is more of what the last select found. */
    boolean hasNext() {
        return !ready.isEmpty();
    }

    /**
     * The next endpoint that the last select found; {@link NioEndpoint#readyOps} says what for, and is the caller's to clear. Null if
     * that was all.
     */
    @Nullable
    NioEndpoint next() {
        return ready.poll();
    }

    /** The endpoint is to be another loop's, which will say itself what it is ready for. */
    void forget(NioEndpoint endpoint) {
        if (endpoint.readyOps != 0) {
            ready.remove(endpoint);
            endpoint.readyOps = 0;
        }
    }

    /**
     * Collects what is ready, after a wait if nothing is: 0 = none, negative = until something is. Only when all that the last one
     * found was taken.
     */
    void select(long timeoutNanos) {
        assert ready.isEmpty() : "an endpoint would be in it twice";
        try {
            if (timeoutNanos == 0) {
                selector.selectNow(collect);
            } else if (timeoutNanos < 0) {
                selector.select(collect);
            } else {
                selector.select(collect, TimeUnit.NANOSECONDS.toMillis(timeoutNanos - 1) + 1);
            }
        } catch (ClosedSelectorException e) {
            return; // the loop is closed; there is nothing to wait for
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
    }

    private void collect(SelectionKey key) {
        if (key.isValid() && key.attachment() instanceof NioEndpoint endpoint) {
            endpoint.readyOps = key.readyOps();
            ready.add(endpoint);
        }
    }

    /** Makes the selector let go of closed channels, which closes their descriptors. What is ready stays ready. */
    void freeDescriptors() {
        try {
            selector.selectNow(key -> {});
        } catch (ClosedSelectorException e) {
            return; // closing the selector has done it
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed", e);
        }
    }

    /** Ends the present or the next select. Thread: any, also when the selector is closed. */
    void wakeup() {
        selector.wakeup();
    }

    void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the selector failed", e);
        }
    }
}
