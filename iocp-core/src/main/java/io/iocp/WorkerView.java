package io.iocp;

import io.iocp.port.WorkerStats;

/**
 * One worker thread of a port at one moment. Each number is exact by itself; they are read one after the other.
 *
 * @param number unique among the workers that live; used again when it has ended
 * @param name of the thread
 * @param state {@code running} (has a packet), {@code polling} (library), {@code sleeping} (in the kernel wait), {@code
 *     blocked} (kept by a handler, on a spare or without its shard), {@code parked} (spare) or {@code starting}
 * @param shard number of the shard that it holds; -1 for none
 * @param packets that it has taken to their handlers since it was started
 * @param turns of its loop: each submits, reaps and runs what is ready
 * @param sleeps waits in the kernel
 * @param handlerFailures of its packets
 */
public record WorkerView(
        int number, String name, String state, int shard, long packets, long turns, long sleeps, long handlerFailures) {

    static WorkerView of(WorkerStats worker) {
        return new WorkerView(
                worker.number(),
                worker.name(),
                worker.state(),
                worker.shard(),
                worker.packets(),
                worker.turns(),
                worker.sleeps(),
                worker.handlerFailures());
    }
}
