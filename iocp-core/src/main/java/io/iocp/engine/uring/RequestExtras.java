package io.iocp.engine.uring;

import io.iocp.operation.BufferRelease;
import io.iocp.operation.Status;
import org.jspecify.annotations.Nullable;

/**
 * What only few requests have. Made for a slot when its request has one of them first, and kept with the slot; most slots, of
 * which every idle connection has one, need none.
 *
 * <p>The memory describes calls to the kernel, which reads it until the request completes. Thread: shard holder.
 */
final class RequestExtras {
    /** The struct msghdr and its vectors of a gathering send; kept with the slot once it was needed. */
    @Nullable
    GatherMemory gather;

    /** The address that a connect goes to; kept with the slot once it was needed. */
    @Nullable
    ConnectMemory connectTo;

    /** The struct msghdr of a datagram; kept with the slot once it was needed. */
    @Nullable
    DatagramMemory datagram;

    /** What a helper thread does for it, while its place is {@link Request.Place#HELPED}. */
    @Nullable
    HelperTask helper;

    /** What the kernel reads, while its place is {@link Request.Place#LENT}. */
    @Nullable
    BufferRelease lent;

    /** How it ended, while its place is {@link Request.Place#ENDED}. */
    Status endStatus = Status.OK;

    int endError;

    /** The slot is free: what is large is not kept. */
    void end() {
        lent = null;
        helper = null;
        if (gather != null && !gather.isSmall()) {
            gather = null;
        }
        if (datagram != null && !datagram.isSmall()) {
            datagram = null;
        }
    }
}
