package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import org.jspecify.annotations.Nullable;

/** Runs the handler of one packet. The floor above implements it; workers call it. */
public interface PacketRunner {
    /**
     * Delivers the packet to its handler. Whatever the handler throws is dealt with in here; nothing comes out. After the
     * handler has returned no field of the operation is read: it may be in flight again.
     *
     * @param clock of the thread that runs it
     * @return false if the handler failed
     */
    boolean run(Operation operation, WorkerClock clock);

    /** Makes the packet fit to be shown to user code; called once for each packet, before anything else here. */
    void prepare(Operation operation);

    /** Whether the packet's handler says that it blocks, so that it must not run on the worker that holds the shard. */
    boolean isBlocking(Operation operation);

    /**
     * A shard went to another worker because the handler of a packet kept its own. The handler is still running, so of the
     * operation only what never changes may be read. Must return at once. Thread: any.
     */
    void handedOver(
            int shard, Operation operation, @Nullable Endpoint endpoint, HandOverCause cause, long handlerNanos);

    /** A shard should have gone to another worker and all {@code workers} are kept by handlers. Must return at once. */
    void allBlocked(int workers);

    /**
     * A connection or listener of the port is closed, its descriptor too.
     *
     * @param delivers whether packets are still delivered
     * @return begun for the endpoint, to be delivered behind all its others; null for none, and always if nothing is delivered
     */
    @Nullable
    Post closed(Endpoint endpoint, boolean delivers);
}
