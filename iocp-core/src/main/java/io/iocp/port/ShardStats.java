package io.iocp.port;

/**
 * One shard at one moment, each number read by itself.
 *
 * @param worker number of the worker that holds it; -1 for none
 */
public record ShardStats(
        int index,
        String state,
        int worker,
        int handles,
        int readyPackets,
        int inFlight,
        long ringMemoryBytes,
        long receiveMemoryBytes) {}
