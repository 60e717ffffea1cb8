package io.iocp.port;

import io.iocp.engine.LoopOptions;

/**
 * What the machinery of a port needs to know; {@code PortOptions} is the public form, with the meaning of each value.
 *
 * @param virtualThreads packets of blocking handlers that may run on virtual threads at once
 * @param detectsBlocking whether shards are taken from workers whose handlers block
 * @param timed whether somebody wants to know how long packets wait and handlers run
 */
public record PortSettings(
        String name,
        int shards,
        int maxWorkers,
        int virtualThreads,
        boolean detectsBlocking,
        LoopOptions loop,
        int receiveCredit,
        int readyBudget,
        int maxInFlight,
        int maxPosts,
        long closeTimeoutNanos,
        boolean closeHandles,
        boolean timed) {}
