package io.iocp;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import org.jspecify.annotations.Nullable;

/**
 * Is told what happens on a port, so that metrics, events and logs live outside of it. Every method does nothing by default.
 *
 * <p>Thread: whichever it happens on, workers above all: return quickly, do not block, do not throw, do not start
 * operations. What is thrown is logged and dropped.
 */
public interface PortListener {
    /**
     * The application is about to post a packet, for now or for later, to the port or to a handle.
     *
     * @return goes with the packet, to whoever handles it: {@link OverlappedIO#postContext()}. Null, the default, for nothing
     */
    default @Nullable Object posting(@Nullable Object key) {
        return null;
    }

    /** The application posted a packet, for now or for later. */
    default void posted(@Nullable Object key) {}

    /** A post was refused because the port's bound was reached. */
    default void postRefused(@Nullable Object key) {}

    /** An operation was not started because the port's bound was reached. */
    default void startRefused(OperationKind kind) {}

    /**
     * A handler has returned.
     *
     * @param handler the one that ran, so that a listener that knows it can find what belongs to it without a look-up
     * @param waitNanos from ready to run
     * @param handlerNanos from run to return
     */
    default void handled(
            CompletionHandler handler,
            OperationKind kind,
            Status status,
            @Nullable Object key,
            long waitNanos,
            long handlerNanos) {}

    /** A handler has thrown. {@link #handled} follows. */
    default void handlerFailed(
            CompletionHandler handler, OperationKind kind, @Nullable Object key, Throwable failure) {}

    /** A packet came for a handle that has no handler, on a port that has none: its connection was closed. */
    default void unclaimed(OperationKind kind, @Nullable Object key) {}

    /**
     * A connection is closed, its descriptor too.
     *
     * @param reason why: HANDLE_CLOSED, TIMED_OUT (idle), PORT_CLOSED
     */
    default void connectionClosed(@Nullable Object key, Status reason) {}

    /**
     * A shard went to another worker, because a handler kept the one that held it. Called by the thread that found it out, which
     * is the port's monitor as a rule.
     */
    default void handedOver(HandOver handOver) {}

    /**
     * A handler was found blocking so often that its packets are treated as blocking from now on ({@link
     * BlockingDetection#LEARN}). Called once for each.
     */
    default void learnedBlocking(String handler) {}

    /**
     * A shard should have gone to another worker, or a packet of a blocking handler to a spare, and there was none: all are kept by
     * handlers, and the connections of the shard, or of the handler, wait. Called each time that this has begun.
     *
     * @param workers how many there are, the bound of {@link PortOptions#maxWorkers(int)}
     */
    default void allWorkersBlocked(int workers) {}

    /** The port has begun to drain or close. */
    default void closing() {}
}
