package io.iocp.engine.uring;

import org.jspecify.annotations.Nullable;

/**
 * Native memory that describes calls to the kernel, which reads it until the request completes: each kept with the slot of its
 * request once it was needed. Most slots need none. Thread: shard holder.
 */
final class SlotMemory {
    /** The struct msghdr and its vectors of a gathering send. */
    @Nullable
    GatherMemory gather;

    /** The address that a connect goes to. */
    @Nullable
    ConnectMemory connectTo;

    /** The struct msghdr of a datagram. */
    @Nullable
    DatagramMemory datagram;

    /** The slot is idle: what is large is not kept. */
    void dropLarge() {
        if (gather != null && !gather.isSmall()) {
            gather = null;
        }
        if (datagram != null && !datagram.isSmall()) {
            datagram = null;
        }
    }
}
