package io.iocp.operation;

/** What has become of an operation when its start returns: there is a packet, or there is none, never both. */
public enum StartResult {
    /** In flight, or on its way to the shard: a packet will come. */
    PENDING,

    /**
     * It has ended well and no packet will come: its results can be read, and it can be started again, at once. Only with {@link
     * CompletionMode#SKIP_IF_IMMEDIATE}, for a receive or a send of one piece that a handler starts on a connection of the shard
     * that it runs on, while nothing else of that direction is in flight or has a packet waiting. The end of the stream counts
     * as success here. A handler gets at most 16 of them each time that it runs; then its starts are PENDING again, lest one
     * busy peer keeps all others waiting. The port's counters know of it, its {@code PortListener} does not: no handler ran.
     */
    COMPLETED_NOT_POSTED,

    /** It has ended, and its packet is queued: it failed at once. Only told to a handler; others see PENDING. */
    COMPLETED_POSTED
}
