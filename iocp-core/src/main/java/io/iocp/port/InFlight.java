package io.iocp.port;

import io.iocp.operation.OperationKind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many operations of a shard have been taken and not yet handed over. Thread: written by the shard's holder, read by any
 * for the admission bound and gauges.
 */
final class InFlight {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int TOTAL = OperationKind.values().length;

    private final int[] counts = new int[TOTAL + 1];

    void add(OperationKind kind, int by) {
        CELL.setOpaque(counts, TOTAL, counts[TOTAL] + by);
        int index = kind.ordinal();
        CELL.setOpaque(counts, index, counts[index] + by);
    }

    int total() {
        return (int) CELL.getOpaque(counts, TOTAL);
    }

    int of(OperationKind kind) {
        return (int) CELL.getOpaque(counts, kind.ordinal());
    }
}
