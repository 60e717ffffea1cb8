package io.iocp.port;

import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one worker has counted. Per worker and not per shard, so that code which runs after a handler has returned never
 * touches a shard that may be lost.
 *
 * <p>Thread: written by its worker only; read by any, each number by itself exact and a little old.
 */
public final class Counters {
    /** Numbers that are no matrix of kind and status. */
    public enum Count {
        BYTES_RECEIVED,
        BYTES_SENT,
        BYTES_READ,
        BYTES_WRITTEN,
        POSTS_RUN,
        HANDLER_FAILURES,
        STALE_COMPLETIONS,
        ACCEPTS_ABORTED,
        ACCEPTS_DEFERRED,
        CONNECTIONS_CLOSED,
        TURNS,
        SLEEPS
    }

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STATUSES = Status.values().length;
    private static final int KINDS = OperationKind.values().length;
    private static final int COMPLETED = KINDS;
    private static final int COUNTS = COMPLETED + KINDS * STATUSES;
    /** A cache line on each side, so that two workers' counters never share one. */
    private static final int PADDING = 8;

    private final long[] cells = new long[PADDING + COUNTS + Count.values().length + PADDING];

    private void add(int index, long amount) {
        CELL.setOpaque(cells, PADDING + index, cells[PADDING + index] + amount);
    }

    private long read(int index) {
        return (long) CELL.getOpaque(cells, PADDING + index);
    }

    void started(OperationKind kind) {
        add(kind.ordinal(), 1);
    }

    void completed(OperationKind kind, Status status) {
        add(COMPLETED + kind.ordinal() * STATUSES + status.ordinal(), 1);
    }

    void count(Count what, long amount) {
        add(COUNTS + what.ordinal(), amount);
    }

    /** Adds what another has counted, which has stopped counting. */
    void addAll(Counters ended) {
        for (int i = PADDING; i < cells.length - PADDING; i++) {
            add(i - PADDING, ended.read(i - PADDING));
        }
    }

    public long startedOf(OperationKind kind) {
        return read(kind.ordinal());
    }

    public long completedOf(OperationKind kind, Status status) {
        return read(COMPLETED + kind.ordinal() * STATUSES + status.ordinal());
    }

    public long of(Count what) {
        return read(COUNTS + what.ordinal());
    }
}
