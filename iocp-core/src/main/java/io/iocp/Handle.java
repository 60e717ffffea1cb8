package io.iocp;

import io.iocp.operation.Accept;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.CompletionMode;
import io.iocp.operation.Connect;
import io.iocp.operation.Disconnect;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.Handshake;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.port.Shard;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Something that operations work on. It is associated with one port, once and for life, and carries a completion key, which
 * every packet of it brings.
 *
 * <p>Thread: any. Each start method either throws, and nothing will be delivered, or leads to exactly one (last) packet.
 */
public abstract sealed class Handle implements AutoCloseable permits Listener, Connection, DatagramHandle, FileHandle {
    /** Between two looks whether there is still something to wait for. */
    private static final long LEAK_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final CompletionPort port;
    private final Endpoint endpoint;
    private @Nullable Object key;
    private @Nullable CompletionHandler handler;
    private volatile @Nullable Object attachment;
    private volatile CompletionMode completionMode = CompletionMode.ALWAYS_POST;

    /** Null until associated. Written once, under the lock; key and handler are written before. */
    private volatile @Nullable Shard shard;

    Handle(CompletionPort port, Endpoint endpoint) {
        this.port = port;
        this.endpoint = endpoint;
        endpoint.handle = this;
    }

    /** Takes the place of another handle of the same endpoint. */
    Handle(CompletionPort port, Endpoint endpoint, Handle same) {
        this.port = port;
        this.endpoint = endpoint;
        synchronized (same) {
            this.key = same.key;
            this.handler = same.handler;
            this.attachment = same.attachment;
            this.completionMode = same.completionMode;
            this.shard = same.shard;
        }
        endpoint.handle = this;
    }

    /** Unique in the process, never reused. */
    public final long id() {
        return endpoint.id();
    }

    /** The port that made it, and that it is or can be associated with. */
    public final CompletionPort port() {
        return port;
    }

    /** The completion key given at {@link CompletionPort#associate(Handle, Object)} or since; null before. */
    public final @Nullable Object key() {
        return key;
    }

    /**
     * Replaces the completion key: packets that are handed over from now on bring the new one. To be called by a handler of this
     * handle, or before anything was started: its packets come one at a time, each seeing what the one before has written.
     *
     * @see <a href="https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ne-wdm-_file_information_class">FileReplaceCompletionInformation
     *     (Windows)</a>
     */
    public final void key(@Nullable Object newKey) {
        key = newKey;
    }

    /** What the application keeps for this handle, such as the state of its protocol; never looked at. */
    public final @Nullable Object attachment() {
        return attachment;
    }

    /**
     * Replaces the attachment. A handler may set it without more ado: the packets of one handle come one at a time, each
     * seeing what the one before has written.
     */
    public final void attachment(@Nullable Object newAttachment) {
        attachment = newAttachment;
    }

    /** Whether what ends within its start is posted; {@link CompletionMode#ALWAYS_POST} unless it was changed. */
    public final CompletionMode completionMode() {
        return completionMode;
    }

    /**
     * Changes what {@link #completionMode()} says, for the starts to come. An operation can have a {@linkplain
     * OverlappedIO#completionMode(CompletionMode) mode of its own}, which goes before.
     */
    public final void completionMode(CompletionMode mode) {
        completionMode = mode;
    }

    /** Neither closed nor closing. */
    public final boolean isOpen() {
        return !endpoint.isClosing();
    }

    /** Closed, the descriptor too: its port number or peer sees it, and no operation is in flight. */
    public final boolean isClosed() {
        return endpoint.lifecycle() == Lifecycle.CLOSED;
    }

    final synchronized void associate(@Nullable Object newKey, @Nullable CompletionHandler newHandler) {
        if (shard != null) {
            throw new IllegalStateException(this + " is associated with a port already; that is for life");
        }
        Shard chosen = port.core().chooseShard();
        key = newKey;
        handler = newHandler;
        if (!endpoint.move(Lifecycle.UNASSOCIATED, Lifecycle.OPEN)) {
            throw new IllegalStateException(this + " is closed: it cannot be associated any more");
        }
        shard = chosen;
        port.core().attach(endpoint, chosen);
    }

    /**
     * Closes the handle. Returns at once and never waits: what is in flight is cancelled and comes back with HANDLE_CLOSED,
     * each buffer with its packet; the peer of a connection sees the end of the stream and a listener's port refuses at once.
     * Closing twice does nothing.
     */
    @Override
    public final void close() {
        Shard on;
        synchronized (this) {
            on = shard;
            if (on == null) {
                if (endpoint.move(Lifecycle.UNASSOCIATED, Lifecycle.CLOSED)) {
                    port.usedEngine().closeUnassociated(endpoint);
                    endpoint.descriptorClosed();
                }
                return;
            }
        }
        if (endpoint.move(Lifecycle.OPEN, Lifecycle.CLOSING)) {
            Accept acceptor = endpoint.acceptor();
            if (acceptor != null && acceptor.requestCancelOfClaim(endpoint)) {
                Endpoint listener = acceptor.endpoint;
                if (listener != null && listener.handle instanceof Handle listening) {
                    listening.requestCancel(acceptor); // it has this handle as its target, and ends as ABORTED
                }
            }
            on.close(endpoint, Status.HANDLE_CLOSED);
        }
    }

    /**
     * Closes the handle, and waits until that is done: every operation that was in flight has ended, its descriptor is closed,
     * and the memory of its operations is the caller's again. The packets may still wait for their handlers, or to be taken.
     *
     * @throws IllegalStateException on a worker of its port, which it might wait for; nothing is closed then. Also if the port
     *     was closed meanwhile and had to leak what the kernel did not let go of
     * @throws InterruptedException if the calling thread is interrupted while it waits; the close goes on, and calling this again
     *     waits for it again
     */
    public final void closeAndAwait() throws InterruptedException {
        if (port.core().isOwnWorker()) {
            throw new IllegalStateException(this
                    + " cannot be waited for by a worker of its own port, which the close may need: close() it, or"
                    + " do this on another thread");
        }
        close();
        while (!endpoint.awaitClosed(LEAK_CHECK_NANOS)) {
            Shard on = shard;
            if (on != null && on.isLeaked()) {
                throw new IllegalStateException(this + ": its port was closed, and the kernel did not let go in time:"
                        + " the memory of what was in flight must not be touched");
            }
        }
    }

    /**
     * Asks to cancel what is in flight on this handle with this {@linkplain OverlappedIO#groupId(long) group id}. Never
     * waits. Each of them gets its packet, which says how it ended: CANCELLED with the bytes transferred by then, or as if
     * nobody had asked. Delayed posts and posts are no operations of a handle: {@link io.iocp.operation.ScheduledPost#cancel}.
     *
     * <p>What another thread starts meanwhile may be among them or not; what was started before is. Unlike on IBM i it is not
     * all or nothing.
     *
     * @param groupId 0 for all that were given no group
     * @return how many are being cancelled because of this call; 0 if none was in flight, or others have cancelled them
     * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/qsocanceloperation.html">QsoCancelOperation (IBM
     *     i)</a>
     */
    public final int cancel(long groupId) {
        return cancelThose(groupId);
    }

    /**
     * Asks to cancel everything that is in flight on this handle, of whatever group. Never waits. Otherwise as {@link
     * #cancel(long)}.
     *
     * @see <a href="https://learn.microsoft.com/windows/win32/fileio/cancelioex-func">CancelIoEx (Windows)</a>
     */
    public final int cancelAll() {
        return cancelThose(null);
    }

    /**
     * Whether something started on this handle with this group id is still in flight, also if it is being cancelled: its
     * packet is not queued yet. Old news by the time that it returns, unless nobody else starts or cancels.
     *
     * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/qsoisoperationpending.html">QsoIsOperationPending
     *     (IBM i)</a>
     */
    public final boolean isPending(long groupId) {
        for (Operation operation : endpoint.roll()) {
            if (operation.isPendingIn(endpoint, groupId)) {
                return true;
            }
        }
        return false;
    }

    private int cancelThose(@Nullable Long groupId) {
        Shard on = shard;
        if (on == null) {
            return 0;
        }
        // First all are marked, then the shard is told: what waits behind one that is cancelled does not begin in
        // between.
        List<Operation> cancelled = new ArrayList<>();
        for (Operation operation : endpoint.roll()) {
            if (operation.requestCancel(endpoint, groupId)) {
                cancelled.add(operation);
            }
        }
        cancelled.forEach(operation -> on.cancel(operation, endpoint));
        return cancelled.size();
    }

    /**
     * Posts to this handle: the packet comes in order with its other packets, one at a time, with its key.
     *
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedPortException if the port is closed
     * @throws ClosedChannelException if the handle is closed
     */
    public final void post(OverlappedIO packet, long bytes) throws ClosedChannelException {
        packet.checkPort("a post is the port's own packet");
        Post operation = packet.post();
        Shard on = begin(packet, operation);
        operation.context = port.contextOf(key());
        operation.bytes = bytes;
        operation.maySkipPacket = false;
        start(on, operation);
    }

    /** Marks the operation as started on this handle; what is started next is submitted to the returned shard. */
    final Shard begin(OverlappedIO packet, Operation operation) throws ClosedChannelException {
        Shard on = associated();
        if (endpoint.isClosing()) {
            throw new ClosedChannelException();
        }
        if (!endpoint.isConnected() && !(operation instanceof Post) && !(operation instanceof Connect)) {
            throw WrongState.notYetConnected(this);
        }
        if (this instanceof SecureConnection && !endpoint.isSecure() && needsHandshake(operation)) {
            throw new IllegalStateException(this
                    + " has had no handshake: start that first, or use the plain connection before it is made secure");
        }
        boolean sends = operation.isOutput() && !(operation instanceof Disconnect) && !(operation instanceof Connect);
        if (sends && endpoint.outputEnded) {
            throw new ShutdownOutputException(this + ": its output was shut down, nothing can be sent any more");
        }
        packet.begin(operation, this, endpoint);
        CompletionMode own = packet.completionMode();
        operation.maySkipPacket =
                (own == null ? completionMode : own) == CompletionMode.SKIP_IF_IMMEDIATE && !operation.toFuture;
        return on;
    }

    private static boolean needsHandshake(Operation operation) {
        return !(operation instanceof Handshake
                || operation instanceof Post
                || operation instanceof Connect
                || operation instanceof Disconnect);
    }

    /**
     * As {@link #begin(OverlappedIO, Operation)}, for an operation that is to have the caller's lease of a library buffer. If this
     * throws the caller still has it; from then on it is the operation's.
     */
    final Shard begin(OverlappedIO packet, Operation operation, LeasedBuffer lent) throws ClosedChannelException {
        lent.pin();
        try {
            return begin(packet, operation);
        } catch (RuntimeException | ClosedChannelException e) {
            lent.unpinToLease();
            throw e;
        }
    }

    /** Takes back what {@link #begin} has marked: it is not started. */
    static void abandon(OverlappedIO packet, Operation operation) {
        packet.startFailed();
        operation.abandon();
    }

    /**
     * Submits what {@link #begin} has marked. If this throws there will be no packet, and what the operation was lent has gone
     * back.
     */
    final StartResult start(Shard on, Operation operation) {
        try {
            return on.start(operation);
        } catch (ClosedPortException refused) {
            notStarted(operation);
            throw refused;
        } catch (TooManyOperationsException refused) {
            notStarted(operation);
            PortListener listener = port.options().listener();
            if (listener != null) {
                port.tell(() -> listener.startRefused(operation.kind()));
            }
            throw refused;
        }
    }

    private static void notStarted(Operation operation) {
        ((OverlappedIO) operation.packet()).startFailed();
        operation.forget();
    }

    final void closeUnlessAssociated() {
        if (shard == null) {
            close();
        }
    }

    final void requestCancel(Operation operation) {
        Shard on = shard;
        if (on != null) {
            on.cancel(operation, endpoint);
        }
    }

    final boolean ownsPacketsUntilRestart() {
        return port.core().packets() != null;
    }

    /** The clock that its port's timers go by. */
    final long nanoTime() {
        return port.usedEngine().nanoTime();
    }

    /** Of a file that the caller keeps open. */
    final long sizeOf() throws IOException {
        return port.usedEngine().sizeOf(endpoint);
    }

    final Endpoint endpoint() {
        return endpoint;
    }

    /**
     * The shard that it lives on.
     *
     * @throws IllegalStateException if it is not associated
     */
    final Shard associated() {
        Shard on = shard;
        if (on == null) {
            throw new IllegalStateException(
                    this + " is not associated with a port: call port.associate(handle, key) first");
        }
        return on;
    }

    final @Nullable Shard shard() {
        return shard;
    }

    final @Nullable CompletionHandler handler() {
        return handler;
    }
}
