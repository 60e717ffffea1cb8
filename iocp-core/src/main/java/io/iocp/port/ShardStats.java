package io.iocp.port;

/** One shard at one moment, each number read by itself. */
public record ShardStats(
        int index,
        String state,
        int handles,
        int readyPackets,
        int inFlight,
        long ringMemoryBytes,
        long receiveMemoryBytes) {}
