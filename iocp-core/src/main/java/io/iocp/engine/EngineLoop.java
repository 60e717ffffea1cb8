package io.iocp.engine;

import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileSource;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Performs operations and reports their completions to its {@link CompletionSink}: one ring, or one selector.
 *
 * <p>Thread: all methods but {@link #wakeup()} only by the holder of the shard, which may be another thread later (never two
 * at once; the shard orders them). The first call may come from another thread than the one that opened the loop.
 *
 * <p>The contract, the same for every engine:
 *
 * <ul>
 *   <li>{@link #submit} may be called for one operation of each direction of an endpoint at a time. The engine owns the
 *       operation's memory until {@link CompletionSink#completed}, which comes exactly once for each submit, from a later
 *       {@link #turn}, never from submit itself.
 *   <li>{@code Accept}: {@code accepted} is set before {@code completed} with OK. Continuous: {@link CompletionSink#accepted}
 *       for each connection. A connection that is reset before its addresses can be read is closed and reported by {@link
 *       CompletionSink#acceptAborted}, not as an error of the listener; a single accept then goes on. Errors of one
 *       connection (ECONNABORTED, EPROTO, ...) likewise. EMFILE, ENFILE, ENOBUFS, ENOMEM end it with RESOURCE_LIMIT; the
 *       shard submits again later.
 *   <li>{@code Receive} with {@code memory}: completes on any bytes (at most the memory's size). Without: the bytes are in
 *       {@code lease}, a buffer of the endpoint's {@code receiveBufferSize} with one lease and its length set, taken only
 *       when bytes are there. 0 bytes with OK are never reported: end of stream is EOF. With {@code memory} of length 0 it
 *       holds no buffer and completes OK when a receive would not wait: there are bytes, which stay to be received, or the
 *       stream has ended; a reset is an error. {@code ReceiveContinuously}: {@link
 *       CompletionSink#received} for each buffer. When no receive buffer is free the operation waits inside the engine (it
 *       stays submitted) and goes on when {@link #recycle} brings one; no byte is lost or reordered.
 *   <li>{@code Send}: all of the memory or an error; {@code bytes} is what the kernel accepted (at submit: by an {@link
 *       #attempt} before it, 0 if there was none). A length of 0 completes OK.
 *       Never a SIGPIPE. With a {@code release} the kernel may read the memory for longer than the send lasts: the engine
 *       {@linkplain BufferRelease#hold holds} it before it reports the completion, and reports {@link
 *       CompletionSink#returned} later.
 *   <li>{@code SendFile}: all of the stretch or an error, EOF if the file ends before; {@code bytes} is what the kernel
 *       accepted. With OK and fewer bytes than were wanted it has not ended there: the engine would have to wait for the file,
 *       and what is next is to be read, or sent {@code byHelper}, which has to wait. Only with a source that the loop {@linkplain #sendsFrom sends from}.
 *   <li>{@code FileOperation}: any number of them for one endpoint at a time, but of appends only one. {@code FileRead}: at
 *       least one byte, or EOF at and behind the end of the file; with fewer bytes than there is room for more may be there.
 *       {@code FileWrite}: all of the memory or an error. Only with {@code bytes} as they stand when it ends.
 *   <li>{@code Connect}: opens a descriptor for the endpoint, which has none, and connects it; the endpoint has its addresses
 *       before {@code completed} with OK. However else it ends, the endpoint has no descriptor: REFUSED, UNREACHABLE,
 *       CONNECT_TIMED_OUT, ADDRESS_UNAVAILABLE. The engine knows nothing of the first bytes, which are a send of their own.
 *   <li>{@code DatagramReceive}: one datagram, also one without bytes; {@code peer} and {@code truncated} are set before
 *       {@code completed} with OK. {@code DatagramSend}: one datagram, whole.
 *   <li>{@link #cancel} only asks. The operation completes CANCELLED (with the bytes transferred so far), or as if nobody
 *       had asked. It has no effect on an operation that the engine does not have.
 *   <li>A CANCELLED nobody asked for (the kernel cancels the requests of a dead thread) is never reported: the engine
 *       submits again.
 * </ul>
 */
public interface EngineLoop {
    /**
     * The calling thread holds the shard from now on, as the worker with this number. Called by each new holder before anything
     * else. An engine whose requests belong to the threads that made them takes those of earlier holders over, little by little
     * in each {@link #turn}; for any other this is nothing.
     */
    default void hold(int worker) {}

    /** Takes everything that earlier holders requested over in the next turn: they cannot be counted upon. */
    default void adoptAll() {}

    /** Requests that the kernel has from this worker, whose thread must not end before it has none. Thread: any. */
    default int held(int worker) {
        return 0;
    }

    void submit(Operation operation);

    /**
     * Tries to perform a receive or a send now, without waiting, instead of submitting it; for starts that may end at once.
     * Called only while the engine has no operation of that direction. Reports nothing to the sink.
     *
     * <p>If it returns a status the operation has ended: {@code bytes} and {@code nativeError} are set, and the {@code lease}
     * of a receive into the engine's buffer (whose end of stream is EOF, as ever). A send ends only with all of its bytes
     * accepted, or with an error.
     *
     * <p>If it returns null the operation has not ended, and {@link #submit} is to follow: nothing was received, and of a
     * send the first {@code bytes} bytes were accepted, which the submit goes on after and counts in.
     * An engine that cannot try an operation (an accept, several pieces, no buffer free) returns null as well.
     */
    @Nullable
    Status attempt(Operation operation);

    /**
     * Reads what can be read of a source without waiting for a disk, at an offset; 0 at and behind its end, -1 if it would wait or
     * the engine cannot tell.
     */
    default int readNow(FileSource source, MemorySegment into, long offset) {
        return -1;
    }

    /** Whether it performs a {@code SendFile} of this source on this connection; if not it is read, and sent from memory. */
    boolean sendsFrom(Endpoint connection, FileSource source);

    void cancel(Operation operation);

    /** Bytes that could be received from a connection at once, as far as the engine can tell; -1 if it cannot. */
    int available(Endpoint endpoint);

    /**
     * Gives what was submitted to the kernel, waits for a completion if there is none yet, and reports all that are there.
     *
     * @param timeoutNanos longest wait: 0 = do not wait, negative = until a completion or {@link #wakeup()}
     * @return how many completions were reported; 0 after a timeout or a wake-up
     */
    int turn(long timeoutNanos);

    /** Makes the present or the next waiting {@link #turn} return soon. Thread: any, also while the loop is being closed. */
    void wakeup();

    /** Takes back a receive buffer that nobody has a lease on; wakes operations that wait for one. */
    void recycle(LeasedBuffer buffer);

    /**
     * First step of closing an endpoint: the peer of a connection sees the end of the stream at once, a listener's port
     * refuses connections at once. Operations in flight still complete (the caller cancels them).
     */
    void shutdown(Endpoint endpoint);

    /**
     * Ends the output of an open connection: the peer sees the end of the stream behind what was sent. The engine has no
     * send of it; the input goes on.
     */
    void shutdownOutput(Endpoint endpoint);

    /** The close of this connection, whenever it comes, is to be a reset for the peer. Nothing if it has no descriptor. */
    void abort(Endpoint endpoint);

    /** What the loop does on this endpoint for no operation, which it has called {@link CompletionSink#busy}, is to end soon. */
    default void giveUp(Endpoint endpoint) {}

    /**
     * The engine has no operation of this endpoint, and this loop will get none before the endpoint is another shard's: the
     * loop forgets what it keeps for it.
     */
    void detach(Endpoint endpoint);

    /**
     * Gives {@code into}, which has no descriptor, that of {@code from}, an accepted connection of the same engine that no
     * loop has. {@code from} is of no use afterwards.
     */
    void install(Endpoint into, Endpoint from);

    /**
     * Last step: closes the descriptor. The engine has no operation of this endpoint any more. It may be connected again
     * afterwards, or get the descriptor of another. Nothing if it has no descriptor.
     */
    void closeDescriptor(Endpoint endpoint);

    /**
     * Frees everything. The engine has no operations any more. If it cannot be sure of that (the port gave up waiting), the
     * caller does not call this but leaks the loop.
     */
    void close();

    /** Native memory for receive buffers in bytes, and for rings and the like. Thread: any. */
    long receiveMemoryBytes();

    long ringMemoryBytes();
}
