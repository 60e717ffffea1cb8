package io.iocp;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import org.jspecify.annotations.Nullable;

/**
 * What a port does with its packets.
 *
 * <p>Thread: workers of the port, several at once; but the packets of one handle come one at a time and in order.
 */
@FunctionalInterface
public interface CompletionHandler {
    /**
     * A packet was delivered: an operation of yours has ended (look at its status: failures are delivered like successes), or
     * something was posted. From here on the {@code OverlappedIO} is yours again and may be started anew, unless it says that
     * {@linkplain OverlappedIO#more() more packets} follow.
     *
     * @throws Exception anything: it is logged and reported to the port's {@link PortListener}; worker and connection go on
     */
    void completed(OverlappedIO packet) throws Exception;

    /**
     * Whether this packet is going to make its thread wait (a lock, a database, a sleep). Such a packet runs on a spare
     * worker, so that the others of the shard do not wait with it ({@link PortOptions#maxWorkers(int)} bounds how many do so at
     * once; further ones wait); the packets of the same handle wait for it. Must return at once.
     */
    default boolean blocks(OverlappedIO packet) {
        return false;
    }

    /**
     * Who is meant when this handler is found blocking without saying so: what is equal here is counted together ({@link
     * BlockingDetection#LEARN}) and named by its {@code toString()} in logs and Actuator. The class by default; a handler that
     * passes packets on answers for the one it passes to. Must return at once, on any thread.
     *
     * @param key the handle's or the post's
     */
    default Object identity(OperationKind kind, @Nullable Object key) {
        return getClass().getName();
    }

    /**
     * A handle of this handler is closed, its descriptor too. Packets of it that were ready by then may still follow, and one
     * that {@linkplain #blocks blocks} may be running on a spare worker. Must return at once and start nothing.
     *
     * @param reason why: HANDLE_CLOSED, TIMED_OUT (idle), PORT_CLOSED
     */
    default void closed(Handle handle, Status reason) {}

    /**
     * A packet that is to come behind all others of this handle, which is closed: as a post of its own to the handle, with the
     * reason as its status. Asked once, after {@link #closed}, if packets are still delivered then: not of a handle that is closed
     * after its port. What somebody posts to the handle while it is being closed may come behind it. Must return at once.
     *
     * @return not in use; null, the default, for none
     */
    default @Nullable OverlappedIO lastPacket(Handle handle) {
        return null;
    }
}
