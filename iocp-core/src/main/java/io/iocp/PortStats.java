package io.iocp;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import io.iocp.port.Counters;
import io.iocp.port.Counters.Count;
import io.iocp.port.PortCore;
import io.iocp.port.ShardStats;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * A port at one moment. Each number is exact by itself; they are read one after the other.
 *
 * @param state {@code open}, {@code draining}, {@code closing} or {@code closed}
 * @param queueDepth packets that wait for a worker or a taker: posts and ready packets
 * @param workers threads by state: {@code running} (has a packet), {@code polling} (library), {@code sleeping} (in the
 *     kernel wait), {@code blocked} (kept by a handler, on a spare or without its shard), {@code parked} (spare)
 * @param maxWorkers how many there may be
 * @param handOvers how often a shard went to another worker because a handler kept its own
 * @param allBlocked how often a shard or a packet of a blocking handler needed another worker and there was none
 * @param learnedHandlers names of handlers that were found blocking so often that they are treated as blocking
 * @param inFlight operations that have started and whose last packets were not handed over, by kind
 * @param started operations that were ever started, by kind; posts to the port count when they are run
 * @param completed packets that were ever handed over, by kind and status
 * @param connections open connections
 * @param connectionsClosed connections that were ever closed
 * @param bytesRead bytes that were ever read from files, and {@code bytesWritten} to them
 * @param memory native bytes by area: {@code rings}, {@code receive}, {@code send}, and {@code tls}: records on their
 *     way and plain text that was not taken yet, of secure connections; with the JDK's engine more is on the heap
 * @param shards the shards one by one
 */
public record PortStats(
        String state,
        int queueDepth,
        Map<String, Integer> workers,
        int maxWorkers,
        long handOvers,
        long allBlocked,
        List<String> learnedHandlers,
        Map<OperationKind, Integer> inFlight,
        Map<OperationKind, Long> started,
        Map<OperationKind, Map<Status, Long>> completed,
        int connections,
        long connectionsClosed,
        long bytesReceived,
        long bytesSent,
        long bytesRead,
        long bytesWritten,
        long handlerFailures,
        long acceptsAborted,
        long acceptsDeferred,
        long staleCompletions,
        Map<String, Long> memory,
        List<ShardView> shards) {

    /**
     * One shard.
     *
     * @param state what its holder does: works for the port (library), runs user code (handler), or waits (sleeping)
     * @param worker number of the worker that holds it; -1 for none
     * @param handles listeners, connections and files that live on it
     * @param ringMemory native bytes that it shares with the kernel
     * @param receiveMemory native bytes of its receive buffers
     */
    public record ShardView(
            int index,
            String state,
            int worker,
            int handles,
            int readyPackets,
            int inFlight,
            long ringMemory,
            long receiveMemory) {

        static ShardView of(ShardStats shard) {
            return new ShardView(
                    shard.index(),
                    shard.state(),
                    shard.worker(),
                    shard.handles(),
                    shard.readyPackets(),
                    shard.inFlight(),
                    shard.ringMemoryBytes(),
                    shard.receiveMemoryBytes());
        }
    }

    static PortStats of(PortCore core, List<String> learnedHandlers, long sendMemory) {
        List<Counters> counters = core.counters();
        Map<OperationKind, Integer> inFlight = new EnumMap<>(OperationKind.class);
        Map<OperationKind, Long> started = new EnumMap<>(OperationKind.class);
        Map<OperationKind, Map<Status, Long>> completed = new EnumMap<>(OperationKind.class);
        for (OperationKind kind : OperationKind.values()) {
            inFlight.put(kind, core.inFlight(kind));
            started.put(kind, sum(counters, c -> c.startedOf(kind)));
            Map<Status, Long> byStatus = new EnumMap<>(Status.class);
            for (Status status : Status.values()) {
                long count = sum(counters, c -> c.completedOf(kind, status));
                if (count > 0) {
                    byStatus.put(status, count);
                }
            }
            completed.put(kind, byStatus);
        }
        List<ShardStats> shards = core.shardStats();
        return new PortStats(
                core.state().name().toLowerCase(Locale.ROOT),
                core.queueDepth(),
                core.workersByState(),
                core.maxWorkers(),
                core.handOvers(),
                core.allBlocked(),
                learnedHandlers,
                inFlight,
                started,
                completed,
                core.connections(),
                sum(counters, c -> c.of(Count.CONNECTIONS_CLOSED)),
                sum(counters, c -> c.of(Count.BYTES_RECEIVED)),
                sum(counters, c -> c.of(Count.BYTES_SENT)),
                sum(counters, c -> c.of(Count.BYTES_READ)),
                sum(counters, c -> c.of(Count.BYTES_WRITTEN)),
                sum(counters, c -> c.of(Count.HANDLER_FAILURES)),
                sum(counters, c -> c.of(Count.ACCEPTS_ABORTED)),
                sum(counters, c -> c.of(Count.ACCEPTS_DEFERRED)),
                sum(counters, c -> c.of(Count.STALE_COMPLETIONS)),
                Map.of(
                        "rings",
                                shards.stream()
                                        .mapToLong(ShardStats::ringMemoryBytes)
                                        .sum(),
                        "receive",
                                shards.stream()
                                        .mapToLong(ShardStats::receiveMemoryBytes)
                                        .sum(),
                        "send", sendMemory,
                        "tls", core.tlsMemoryBytes()),
                shards.stream().map(ShardView::of).toList());
    }

    private static long sum(List<Counters> counters, ToLongFunction<Counters> of) {
        return counters.stream().mapToLong(of).sum();
    }
}
