package io.iocp.port;

import io.iocp.operation.Operation;

/**
 * Ends an operation whose time is over. It belongs to its operation for life and goes with it from shard to shard, so that an
 * armed timeout allocates nothing. Thread: holder of the shard that has the operation.
 */
final class OperationTimer extends Timer {
    private final Operation operation;
    private Flow flow;

    private OperationTimer(Operation operation, Flow flow) {
        this.operation = operation;
        this.flow = flow;
    }

    /** Arms the timer of an operation that has a timeout and is the shard's. */
    static void arm(Operation operation, Flow flow, TimerWheel timers) {
        if (operation.timer() instanceof OperationTimer known) {
            known.flow = flow;
            timers.arm(known, operation.deadlineNanos());
        } else {
            OperationTimer made = new OperationTimer(operation, flow);
            operation.timer(made);
            timers.arm(made, operation.deadlineNanos());
        }
    }

    /** The operation ends: from now on it may be another shard's. */
    static void disarm(Operation operation, TimerWheel timers) {
        if (operation.timer() instanceof OperationTimer armed) {
            timers.disarm(armed);
        }
    }

    @Override
    void expired() {
        flow.timeOut(operation);
    }
}
