package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * What only few operations have: a group, a time limit, parts, bytes on the wire, a reason why they failed. Made for
 * an operation when it has one of them first, and kept with it, so that its next start makes nothing. All others, of which a
 * server may have one or two for each of its idle connections, need no room for it.
 *
 * <p>Thread: as the fields of its operation.
 */
final class OperationExtras {
    long groupId;
    long timeoutNanos;
    long deadlineNanos;
    boolean timedOut;

    @Nullable
    Object timer;

    @Nullable
    Operation part;

    @Nullable
    Operation partOf;

    int nativeError;

    @Nullable
    Exception cause;

    @Nullable
    BufferRelease release;

    long wireBytes;
    boolean queryAvailable;

    /** -1 if nobody asked, or nobody knows. */
    int available = -1;

    /** The results of the last run are cleared. */
    void begin() {
        timedOut = false;
        part = null; // a port that was closed while it recycled has left one perhaps
        beginPart();
        available = -1;
    }

    /** The same, for a part. */
    void beginPart() {
        wireBytes = 0;
        nativeError = 0;
        cause = null;
    }
}
