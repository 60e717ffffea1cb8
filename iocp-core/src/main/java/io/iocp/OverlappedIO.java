package io.iocp;

import io.iocp.operation.Accept;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAllocate;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSync;
import io.iocp.operation.FileTruncate;
import io.iocp.operation.FileWrite;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import io.iocp.operation.Transmit;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One operation and its completion packet in one object: pass it to a start method, get it back from the port with its results
 * (the {@code OVERLAPPED} of Windows, the {@code Qso_OverlappedIO_t} of IBM i). Reusable: once delivered it may be started
 * again, with the same kind of operation or another; starting the same kind again allocates nothing.
 *
 * <p>Thread: one owner at a time. From a successful start until the packet is delivered it belongs to the port, and so do the
 * bytes of its buffer; results may be read only after delivery, and starting it meanwhile throws {@link
 * IllegalStateException}. A {@linkplain Connection#receiveContinuously continuous} operation is delivered many times; its
 * results are those of the present packet and may be read until the handler returns.
 */
public final class OverlappedIO {
    @Nullable
    private Object attachment;

    private StartSettings settings = StartSettings.USUAL;

    /** Where the packet of the present or last start goes; null = to the port. */
    @Nullable
    private OperationFuture future;

    @Nullable
    private Handle handle;

    /**
     * The operation of the present or last start; results come from it. Behind it, linked as siblings, one of each other kind
     * that was ever started, kept for the next start.
     */
    @Nullable
    private Operation operation;

    /** An operation without an attachment. */
    public OverlappedIO() {}

    /** @param attachment anything; comes back with the packet, never looked at */
    public OverlappedIO(@Nullable Object attachment) {
        this.attachment = attachment;
    }

    /** What the application put on it; IBM's {@code descriptorHandle}. */
    public @Nullable Object attachment() {
        return attachment;
    }

    /** Replaces the attachment. Not while in flight. */
    public OverlappedIO attachment(@Nullable Object newAttachment) {
        attachment = newAttachment;
        return this;
    }

    // ---- inputs of the next start

    private StartSettings ownSettings() {
        if (settings == StartSettings.USUAL) {
            settings = new StartSettings();
        }
        return settings;
    }

    /**
     * Limits how long each operation may take that is started with this object from now on, until it is changed again. The
     * time counts from the start, also while the operation waits behind others. When it is over the operation ends with
     * {@link Status#TIMED_OUT} and the bytes transferred by then; a receive has lost nothing, the next one gets what comes
     * later. What completes in the same moment completes as if there were no limit: there is one packet in any case.
     *
     * <p>A packet's own start only: see {@link Connection#idleTimeout} for continuous operations, which refuse a limit; posts
     * end at once and have none.
     *
     * @param limit any resolution (kept to a millisecond, never early); null or zero = none
     * @return this
     * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/startrecv.html">QsoStartRecv, operationWaitTime
     *     (IBM i)</a>
     */
    public OverlappedIO timeout(@Nullable Duration limit) {
        ownSettings().timeoutNanos = limit == null ? 0 : CompletionPort.nanos(limit);
        return this;
    }

    /** The limit of the next start; zero for none. */
    public Duration timeout() {
        return Duration.ofNanos(settings.timeoutNanos);
    }

    /**
     * Puts what is started with this object from now on into a group, which {@link Handle#cancel(long)} cancels and {@link
     * Handle#isPending} asks for; IBM's {@code operationId}. Any number of operations may be in a group, and the groups of
     * different handles have nothing to do with each other.
     *
     * @param id any number; 0, which is also what an operation has that was given none, is a group like the others. {@link
     *     OperationIds#next()} gives numbers that nobody else has
     * @return this
     */
    public OverlappedIO groupId(long id) {
        ownSettings().groupId = id;
        return this;
    }

    /** The group of the next start. */
    public long groupId() {
        return settings.groupId;
    }

    /**
     * Whether what is started with this object from now on is posted if it ends within its start; it goes before the {@linkplain
     * Handle#completionMode(CompletionMode) handle's mode}. Posts and continuous operations are always posted.
     *
     * @param mode null = as the handle says
     * @return this
     */
    public OverlappedIO completionMode(@Nullable CompletionMode mode) {
        ownSettings().completionMode = mode;
        return this;
    }

    /** The mode of the next start; null if the handle decides. */
    public @Nullable CompletionMode completionMode() {
        return settings.completionMode;
    }

    /**
     * Whether what is started with this object from now on is delivered to a future of its own and not to the port: no handler
     * gets it and no thread that takes packets. Then the {@link #future()} of each start has its result. On any port, with a
     * handler or without. Not for posts and continuous operations, which refuse it; such a start always has a packet, whatever
     * its {@link #completionMode(CompletionMode)}.
     *
     * @return this
     */
    public OverlappedIO deliverToFuture(boolean to) {
        ownSettings().deliverToFuture = to;
        return this;
    }

    /**
     * The result of the present or last start: this object when it has ended well, {@link #failure()} as the exception if not
     * (what was transferred by then can still be read here). It is completed exactly once, also when the handle or the port
     * closes; only what a port had to leak is never completed. To end it early {@linkplain #cancel() cancel the operation};
     * completing or cancelling the future itself ends nothing.
     *
     * <p>What depends on it runs on the port's worker, as a handler would, or at once on the thread that adds it. It is outside
     * of the order of the handle's packets: it may run while a handler of the same handle does. A buffer of the library is valid
     * until {@link #release()} or the next start.
     *
     * <p>A handler must not wait for it on the worker that would complete it, which is what {@code join} and {@code get} then say
     * instead of waiting for ever. It may inside of {@link CompletionPort#blocking}, or if it {@linkplain
     * CompletionHandler#blocks says that it blocks}.
     *
     * @throws IllegalStateException if the last start was not to be {@linkplain #deliverToFuture delivered to a future}
     */
    public CompletableFuture<OverlappedIO> future() {
        OperationFuture of = future;
        if (of == null) {
            throw new IllegalStateException(
                    "not started with deliverToFuture(true): its packet goes to the port and not to a future");
        }
        return of;
    }

    /**
     * Whether a receive into memory of the caller's that is started with this object from now on completes only when all of it
     * is full, and not with the first bytes. It ends before when it is cancelled, fails, or its {@linkplain #timeout time} is
     * over; then the bytes received by then are there all the same. At the end of the stream it ends with {@link Status#OK}
     * and fewer bytes, and the next receive with {@link Status#EOF}; a reset is {@link Status#RESET} with what came before it.
     *
     * <p>Only a receive into the caller's memory, in one piece or several, of any length: receives into a buffer of the library
     * and continuous ones refuse it. {@link Connection#awaitReadable} has nothing to fill and does not look at it.
     *
     * @return this
     * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/startrecv.html">QsoStartRecv, fillBuffer (IBM
     *     i)</a>
     * @see <a href="https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsarecv">WSARecv, MSG_WAITALL
     *     (Windows)</a>
     */
    public OverlappedIO fillBuffer(boolean all) {
        ownSettings().fillBuffer = all;
        return this;
    }

    /** Whether the next receive is to fill all of the caller's memory. */
    public boolean fillBuffer() {
        return settings.fillBuffer;
    }

    /**
     * Whether the packets of receives that are started with this object from now on tell {@link #bytesAvailable()}, which costs
     * a system call for each.
     *
     * @return this
     */
    public OverlappedIO queryAvailable(boolean query) {
        ownSettings().queryAvailable = query;
        return this;
    }

    /** Whether the packets of the next receive tell {@link #bytesAvailable()}. */
    public boolean queryAvailable() {
        return settings.queryAvailable;
    }

    // ---- results

    /**
     * What has ended.
     *
     * @throws IllegalStateException if it was never started
     */
    public OperationKind kind() {
        return started().kind();
    }

    /** How it ended. */
    public Status status() {
        return delivered().status;
    }

    /** Bytes received or sent, read or written, also when it failed or was cancelled half way; for a post the number given to it. */
    public long bytesTransferred() {
        return delivered().bytes;
    }

    /**
     * Bytes on the wire: of an operation of a {@link SecureConnection} those of its records, or of the messages of a handshake;
     * of any other what {@link #bytesTransferred()} says. A receive that was served from what came before brings none.
     */
    public long wireBytes() {
        Operation of = delivered();
        return of.secure || of instanceof Handshake ? of.wireBytes() : of.bytes;
    }

    /**
     * Bytes that were there to be received, beside those of this packet, when a receive ended; more may have come since. Empty
     * if nobody {@linkplain #queryAvailable(boolean) asked}, if it ended in failure, or if the platform does not tell.
     *
     * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7), SIOCINQ</a>
     */
    public OptionalInt bytesAvailable() {
        int available = delivered().available();
        return available < 0 ? OptionalInt.empty() : OptionalInt.of(available);
    }

    /** The positive errno of the platform behind a failure, 0 for none. */
    public int nativeError() {
        return delivered().nativeError();
    }

    /** The completion key of the handle, or of the post. A packet of an accept has the listener's key. */
    public @Nullable Object key() {
        Handle of = handle;
        return of != null ? of.key() : operation instanceof Post posted ? posted.key : null;
    }

    /** What the port's listener {@linkplain PortListener#posting gave} the post to carry; null for nothing, or if it is no post. */
    public @Nullable Object postContext() {
        return operation instanceof Post posted ? posted.context : null;
    }

    /** The handle that it was started on; null for a post to the port. */
    public @Nullable Handle handle() {
        return handle;
    }

    /** The connection that it was started on. */
    public Connection connection() {
        if (handle instanceof Connection connection) {
            return connection;
        }
        throw new IllegalStateException("this packet is not of a connection: " + handle);
    }

    /**
     * The connection of a successful accept. It belongs to no port yet: {@linkplain CompletionPort#associate(Handle, Object)
     * associate} it before starting anything on it, or close it.
     */
    public Connection accepted() {
        Operation of = delivered();
        Connection accepted = acceptedOrNull();
        if (accepted == null) {
            throw new IllegalStateException("this packet brings no connection: " + of.kind() + " " + of.status);
        }
        return accepted;
    }

    /**
     * Where in the file the read or write was started (the Offset of a Windows {@code OVERLAPPED}); -1 for an append.
     *
     * @throws IllegalStateException if it was neither
     */
    public long fileOffset() {
        return switch (started()) {
            case FileRead read -> read.offset;
            case FileWrite write -> write.offset;
            default -> throw new IllegalStateException("this packet is not of a read or write of a file: " + kind());
        };
    }

    /**
     * Which element of a transmit it had come to when it ended, from 0: the one that failed, or their number if all were sent.
     * The pieces of a head or tail count as one each.
     *
     * @throws IllegalStateException if this is not the packet of a transmit
     */
    public int elementIndex() {
        if (delivered() instanceof Transmit transmit) {
            return transmit.index();
        }
        throw new IllegalStateException("this packet is not of a transmit: " + kind());
    }

    /**
     * What a successful accept has brought.
     *
     * @throws IllegalStateException if this is not the packet of an accept, or it brings no connection
     */
    public AcceptResult acceptResult() {
        Connection connection = accepted();
        Operation of = delivered();
        return new AcceptResult(
                connection, connection.localAddress(), connection.remoteAddress(), of.bytes, Instant.now());
    }

    /**
     * Who sent the datagram that was received.
     *
     * @throws IllegalStateException if this is no packet of a receive of a {@link DatagramHandle} that has ended well
     */
    public SocketAddress peer() {
        if (delivered() instanceof DatagramReceive receive && receive.peer != null) {
            return receive.peer;
        }
        throw new IllegalStateException("this packet brings no datagram: " + kind() + " " + status());
    }

    /** The datagram that was received was longer than its buffer: the rest of it is lost. False for everything else. */
    public boolean truncated() {
        return delivered() instanceof DatagramReceive receive && receive.truncated;
    }

    /** More packets of the same started operation follow; this is not the last. */
    public boolean more() {
        return delivered().more;
    }

    /** Place among the operations of its handle and direction, from 0. */
    public long sequence() {
        return delivered().sequence;
    }

    /**
     * The bytes received into a buffer of the library, from position 0 to limit; for a receive or read into the caller's memory that
     * memory as far as it was filled. Empty if nothing was received, or into several pieces.
     *
     * <p>A library buffer is valid until the handler returns (the one that started it, if it had {@linkplain
     * io.iocp.operation.StartResult#COMPLETED_NOT_POSTED no packet}), or after {@link #retain()} until its release; on a port without
     * a handler, until {@link #release()} or the next start.
     */
    public ByteBuffer data() {
        Operation of = delivered();
        LeasedBuffer lease = of.lease;
        if (lease != null) {
            return lease.data();
        }
        MemorySegment into = callersMemory(of);
        return into == null ? ByteBuffer.allocate(0) : into.asSlice(0, of.bytes).asByteBuffer();
    }

    /** The memory behind {@link #data()}, all of it; null if nothing was received, or into several pieces. */
    public @Nullable MemorySegment buffer() {
        Operation of = delivered();
        LeasedBuffer lease = of.lease;
        return lease != null ? lease.segment() : callersMemory(of);
    }

    private static @Nullable MemorySegment callersMemory(Operation of) {
        return switch (of) {
            case Receive received -> received.callersMemory();
            case DatagramReceive datagram -> datagram.callersMemory();
            case FileRead read -> read.callersMemory();
            case Accept accept -> accept.buffer;
            default -> null;
        };
    }

    /**
     * Keeps the library's buffer of this packet valid after the handler has returned.
     *
     * @return the buffer, to be {@linkplain LeasedBuffer#release() released} once. As long as it is not, the connection has
     *     one buffer less to receive into
     * @throws IllegalStateException if the bytes are not in a library buffer
     */
    public LeasedBuffer retain() {
        LeasedBuffer lease = delivered().lease;
        if (lease == null) {
            throw new IllegalStateException("the bytes of this packet are not in a buffer of the library");
        }
        return lease.retain();
    }

    /**
     * Gives the library's buffer of this packet back, on a port without a handler. Does nothing if there is none, or if the
     * port has a handler, whose return gives it back.
     */
    public void release() {
        Operation of = operation;
        Handle on = handle;
        // With a handler the lease is the worker's, who ends it when the handler returns.
        if (of != null && on != null && (on.ownsPacketsUntilRestart() || future != null) && !of.isPending()) {
            LeasedBuffer lease = of.lease;
            of.lease = null;
            if (lease != null) {
                lease.release();
            }
        }
    }

    /** The failure as an exception of the JDK's kind; null for {@link Status#OK} and {@link Status#EOF}. */
    public @Nullable IOException failure() {
        Operation of = delivered();
        return Failures.of(of.status, of.nativeError(), of.cause(), of.kind(), handle);
    }

    /**
     * Throws {@link #failure()} if there is one.
     *
     * @return this
     */
    public OverlappedIO orThrow() throws IOException {
        IOException failure = failure();
        if (failure != null) {
            throw failure;
        }
        return this;
    }

    /** Whether it is in flight or its packet waits: it cannot be started now. */
    public boolean isPending() {
        Operation of = operation;
        return of != null && of.isPending();
    }

    /**
     * Asks to cancel the operation. Never waits. The packet comes in any case and says how it ended: CANCELLED, with the
     * bytes transferred by then, or as if nobody had asked.
     *
     * @return true if it was in flight and is now being cancelled; false if there is nothing to cancel
     */
    public boolean cancel() {
        Operation of = operation;
        if (of == null || of instanceof Post || !of.requestCancel()) {
            return false;
        }
        // Of the start that is being cancelled; the handle here may still be that of the start before.
        Endpoint target = of.endpoint;
        if (target != null && target.handle instanceof Handle on) {
            on.requestCancel(of);
        }
        return true;
    }

    private Operation started() {
        Operation of = operation;
        if (of == null) {
            throw new IllegalStateException("this OverlappedIO was never started");
        }
        return of;
    }

    private Operation delivered() {
        Operation of = started();
        if (of.isPending() && !of.more) {
            throw new IllegalStateException(
                    "this " + of.kind() + " is in flight: its results are defined when its packet is" + " delivered");
        }
        return of;
    }

    // ---- for the start methods and the port

    Receive receive() {
        return of(Receive.class, Receive::new);
    }

    ReceiveContinuously receiveContinuously() {
        return of(ReceiveContinuously.class, ReceiveContinuously::new);
    }

    Send send() {
        return of(Send.class, Send::new);
    }

    DatagramReceive datagramReceive() {
        return of(DatagramReceive.class, DatagramReceive::new);
    }

    DatagramSend datagramSend() {
        return of(DatagramSend.class, DatagramSend::new);
    }

    Accept accept() {
        return of(Accept.class, Accept::new);
    }

    FileRead fileRead() {
        return of(FileRead.class, FileRead::new);
    }

    FileWrite fileWrite() {
        return of(FileWrite.class, FileWrite::new);
    }

    FileSync fileSync() {
        return of(FileSync.class, FileSync::new);
    }

    FileAllocate fileAllocate() {
        return of(FileAllocate.class, FileAllocate::new);
    }

    FileTruncate fileTruncate() {
        return of(FileTruncate.class, FileTruncate::new);
    }

    Post post() {
        return of(Post.class, Post::new);
    }

    /** The operation of a kind for the next start: the one of the last start of that kind, or a new one. */
    <T extends Operation> T of(Class<T> kind, Function<Object, T> make) {
        for (Operation kept = operation; kept != null; kept = kept.sibling) {
            if (kind.isInstance(kept)) {
                return kind.cast(kept);
            }
        }
        return make.apply(this);
    }

    /** It comes first of those that are kept. */
    private void keepFirst(Operation next) {
        Operation first = operation;
        if (first == next) {
            return;
        }
        for (Operation kept = first; kept != null; kept = kept.sibling) {
            if (kept.sibling == next) {
                kept.sibling = next.sibling;
                break;
            }
        }
        next.sibling = first;
        operation = next;
    }

    /** The next start is of this operation; the one before must have been delivered. */
    void begin(Operation next, @Nullable Handle on, @Nullable Endpoint endpoint) {
        Operation last = operation;
        if (last != null) {
            if (last != next && last.isPending()) {
                throw new IllegalStateException("this OverlappedIO is in use (" + last.kind()
                        + "): wait for its packet or use" + " another one");
            }
            // Only on a port without a handler can it still have a buffer: the next start gives it back.
            LeasedBuffer left = last.isPending() ? null : last.lease;
            if (left != null && on != null && (on.ownsPacketsUntilRestart() || future != null)) {
                last.lease = null;
                left.release();
            }
        }
        next.begin(endpoint);
        StartSettings asked = settings;
        next.groupId(asked.groupId);
        next.timeout(asked.timeoutNanos, asked.timeoutNanos > 0 && on != null ? on.nanoTime() + asked.timeoutNanos : 0);
        next.toFuture = asked.deliverToFuture;
        next.queryAvailable(asked.queryAvailable && (next instanceof Receive || next instanceof ReceiveContinuously));
        future = asked.deliverToFuture && on != null ? new OperationFuture(on) : null;
        keepFirst(next);
        handle = on;
        accepted(null);
    }

    /** @throws IllegalArgumentException if what it is set to makes no sense for an operation with many packets */
    void checkContinuous() {
        if (settings.timeoutNanos > 0) {
            throw new IllegalArgumentException("a continuous operation has no timeout: it lasts until it is cancelled,"
                    + " and connection.idleTimeout() ends a connection on which nothing happens");
        }
        checkFillsNothing("a continuous receive goes into buffers of the library");
        checkPort("a continuous operation has many packets");
    }

    /** @throws IllegalArgumentException if it is to fill a buffer, and there is none of the caller's */
    void checkFillsNothing(String reason) {
        if (settings.fillBuffer) {
            throw new IllegalArgumentException(
                    reason + ", so there is none that fillBuffer(true) could have filled: receive"
                            + " once, into memory of your own");
        }
    }

    /** @throws IllegalArgumentException if it is set to be delivered to a future, which makes no sense here */
    void checkPort(String reason) {
        if (settings.deliverToFuture) {
            throw new IllegalArgumentException(reason + ", so it cannot be delivered to a future");
        }
    }

    /** The start has failed: nothing will be delivered. */
    void startFailed() {
        future = null;
    }

    boolean hasFuture() {
        return future != null;
    }

    /** Delivers the packet to its future. From then on it may be in flight again. */
    void completeFuture() {
        OperationFuture of = future;
        if (of == null) {
            throw new AssertionError("a packet for the port was given to a future");
        }
        Connection connection = acceptedOrNull();
        IOException failure = failure();
        boolean told = failure == null ? of.complete(this) : of.completeExceptionally(failure);
        if (!told && connection != null) {
            connection.closeUnlessAssociated(); // somebody else has completed the future: nobody will learn of it
        }
    }

    @Nullable
    Connection acceptedOrNull() {
        return operation instanceof Accept accept && accept.connection instanceof Connection known ? known : null;
    }

    void accepted(@Nullable Connection connection) {
        if (operation instanceof Accept accept) {
            accept.connection = connection;
        }
    }

    Operation operation() {
        return started();
    }
}
