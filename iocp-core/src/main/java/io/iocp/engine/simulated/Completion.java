package io.iocp.engine.simulated;

import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Status;
import org.jspecify.annotations.Nullable;

/**
 * What the simulated kernel answers to a request.
 *
 * @param userData slot and generation of the request
 * @param last no completion of this request follows
 * @param status how it ended; OK for one that is not the last
 * @param bytes what was transferred
 * @param nativeError errno, 0 for none
 * @param buffer the engine's buffer with received bytes
 * @param accepted a connection from the backlog
 */
record Completion(
        long userData,
        boolean last,
        Status status,
        long bytes,
        int nativeError,
        @Nullable LeasedBuffer buffer,
        @Nullable SimulatedConnection accepted) {

    static Completion end(long userData, Status status, long bytes, int nativeError) {
        return new Completion(userData, true, status, bytes, nativeError, null, null);
    }
}
