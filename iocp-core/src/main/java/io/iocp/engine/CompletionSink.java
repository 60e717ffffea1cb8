package io.iocp.engine;

import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;

/**
 * Where an engine loop reports what happened; the shard implements it.
 *
 * <p>Thread: only the shard's holder, and only from within {@link EngineLoop#turn}. Never from {@code submit} or {@code
 * cancel}, so that a caller never sees its own operation completed under its feet. No user code runs in here.
 *
 * <p>It is also the owner of the loop's receive buffers: a {@link LeasedBuffer} whose last lease ends comes back through
 * {@link #recycle} on any thread, and reaches {@link EngineLoop#recycle} on the holder's.
 */
public interface CompletionSink extends LeasedBuffer.Owner {
    /**
     * The engine is done with an operation: it has no request for it any more and will not touch its memory. Called exactly
     * once for every {@link EngineLoop#submit}. {@code bytes} is what was transferred, also when it failed or was cancelled.
     * A continuous operation that merely stopped (cancelled, or the kernel ended the multishot) ends with CANCELLED or OK.
     *
     * @param nativeError positive errno, 0 for none
     */
    void completed(Operation operation, Status status, long bytes, int nativeError);

    /**
     * Bytes of a continuous receive; zero or more times between its submit and its completed. The buffer has one lease,
     * which is now the sink's, and its length is set.
     */
    void received(ReceiveContinuously operation, LeasedBuffer buffer);

    /** A connection of a continuous accept; zero or more times between its submit and its completed. */
    void accepted(Accept operation, Endpoint connection);

    /**
     * The kernel does not read a buffer any more that a send has lent it: once for each {@link BufferRelease#hold}, after the
     * {@code completed} of the send.
     */
    void returned(BufferRelease buffer);

    /**
     * A floor above the engine has a request of its own on this endpoint, for no operation: the descriptor must not be closed
     * before it is {@link #quiet}. Unlike the others also from within {@link EngineLoop#submit} and the like.
     */
    void busy(Endpoint endpoint);

    /** It has none any more. */
    void quiet(Endpoint endpoint);

    /** A connection was lost between the kernel's accept and ours (reset before its addresses could be read). */
    void acceptAborted();

    /** A completion came for a request that is no longer known (an old generation); it was dropped. */
    void staleCompletion();
}
