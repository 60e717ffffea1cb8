package io.iocp.port;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.port.Counters.Count;

/**
 * One worker at one moment, each number read by itself.
 *
 * @param shard number of the shard that it holds; -1 for none
 * @param packets that its handlers have run on shards that it held, or that it took to somebody else
 */
public record WorkerStats(
        int number, String name, String state, int shard, long packets, long turns, long sleeps, long handlerFailures) {

    static WorkerStats of(int number, String name, String state, Counters counters) {
        long packets = 0;
        for (OperationKind kind : OperationKind.values()) {
            for (Status status : Status.values()) {
                packets += counters.completedOf(kind, status);
            }
        }
        return new WorkerStats(
                number,
                name,
                state,
                -1,
                packets,
                counters.of(Count.TURNS),
                counters.of(Count.SLEEPS),
                counters.of(Count.HANDLER_FAILURES));
    }

    /** The same worker, which holds a shard. */
    WorkerStats holding(int heldShard, String does) {
        return new WorkerStats(number, name, does, heldShard, packets, turns, sleeps, handlerFailures);
    }
}
