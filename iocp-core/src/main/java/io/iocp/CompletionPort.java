package io.iocp;

import io.iocp.engine.Addresses;
import io.iocp.engine.Engine;
import io.iocp.operation.BufferPool;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.DatagramOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAccess;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OpenFile;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.ScheduledPost;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.port.PacketQueue;
import io.iocp.port.PortCore;
import io.iocp.port.PortSettings;
import io.iocp.port.Shard;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A completion port: start operations on its handles; when one ends, its {@link OverlappedIO} is queued here and wakes exactly
 * one worker. Opened with a handler, the port's own workers run it, at most <i>concurrency</i> at once. Opened without, threads
 * of yours {@link #take()} the packets.
 *
 * <p>Thread: any, but for {@link #close()} and {@link #shutdown}, which wait and so must not be called by a worker.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/fileio/i-o-completion-ports">I/O completion ports (Windows)</a>
 * @see <a href="https://www.ibm.com/docs/en/i/7.5?topic=ssw_ibm_i_75/apis/createiocompletionport.html">QsoCreateIOCompletionPort
 *     (IBM i)</a>
 */
public final class CompletionPort implements AutoCloseable {
    /** Packets that one batch poll moves at most, whatever the caller asks for. */
    private static final int MOST_IN_BATCH = 4096;

    private static final Duration LONGEST = Duration.ofNanos(1L << 62);

    private final PortOptions options;
    private final EngineSelection selection;
    private final PortCore core;
    private final Dispatch dispatch;
    private final boolean hasHandler;
    private final BufferPool buffers = new BufferPool();
    private volatile long mostMemory = Long.MAX_VALUE;

    @SuppressWarnings("NullAway.Init")
    private CompletionPort(
            PortOptions options, @Nullable CompletionHandler handler, boolean hasHandler, EngineSelection wanted)
            throws IOException {
        this.options = options;
        this.hasHandler = hasHandler;
        this.dispatch = new Dispatch(this, handler, options.listener(), options.blockingDetection());
        PortSettings settings = new PortSettings(
                options.name(),
                options.shards(),
                options.workers(),
                options.virtualThreads(),
                options.blockingDetection() != BlockingDetection.OFF,
                options.loop(),
                options.receiveCredit(),
                options.readyBudget(),
                options.maxInFlight(),
                options.maxPosts(),
                nanos(options.closeTimeout()),
                options.closeHandles(),
                options.listener() != null);
        EngineSelection picked = wanted;
        PortCore opened;
        try {
            opened = new PortCore(settings, picked.engine(), dispatch, !hasHandler);
        } catch (IOException failure) {
            if (options.engine() != EngineChoice.AUTO
                    || !picked.engine().capabilities().completionBased()) {
                throw failure;
            }
            picked = EngineSelection.fallback(options.name(), failure);
            opened = new PortCore(settings, picked.engine(), dispatch, !hasHandler);
        }
        this.selection = picked;
        this.core = opened;
    }

    /**
     * Opens a port without a handler: packets are taken by threads of the caller's own.
     *
     * @throws EngineUnavailableException if io_uring is required and cannot be used
     * @throws IOException if the engine cannot be opened (descriptors, memory)
     */
    public static CompletionPort open(PortOptions options) throws IOException {
        return new CompletionPort(options, null, false, EngineSelection.of(options));
    }

    /**
     * Opens a port whose workers run {@code handler} for every packet of a handle that has no handler of its own.
     *
     * @throws EngineUnavailableException if io_uring is required and cannot be used
     * @throws IOException if the engine cannot be opened (descriptors, memory)
     */
    public static CompletionPort open(PortOptions options, CompletionHandler handler) throws IOException {
        return open(options, handler, EngineSelection.of(options));
    }

    /** On an engine that somebody else has picked. */
    static CompletionPort open(PortOptions options, CompletionHandler handler, EngineSelection engine)
            throws IOException {
        return new CompletionPort(options, handler, true, engine);
    }

    /**
     * Opens a port whose workers run the handlers that its handles were {@linkplain #associate(Handle, Object,
     * CompletionHandler) associated} with. A packet that has none is counted, logged once for each key, and its connection
     * closed.
     */
    public static CompletionPort openWithHandlersOfHandles(PortOptions options) throws IOException {
        return new CompletionPort(options, null, true, EngineSelection.of(options));
    }

    public String name() {
        return options.name();
    }

    public PortOptions options() {
        return options;
    }

    /** Which engine this port has and why. */
    public EngineReport engine() {
        return selection.report();
    }

    Engine usedEngine() {
        return selection.engine();
    }

    /** Native memory that can be sent without a copy. */
    public BufferPool buffers() {
        return buffers;
    }

    public PortStats stats() {
        return PortStats.of(core, dispatch.learnedHandlers(), buffers.allocatedBytes());
    }

    /** The worker threads at this moment, by number. */
    public List<WorkerView> workers() {
        return core.workerStats().stream().map(WorkerView::of).toList();
    }

    /** How many worker threads there may be: {@link PortOptions#maxWorkers}, or what it was changed to. */
    public int maxWorkers() {
        return core.maxWorkers();
    }

    /**
     * Changes how many worker threads there may be, while the port runs. More: packets of blocking handlers that wait, and shards
     * whose handlers keep their workers, get theirs at once. Fewer: spares that are too many end when they have nothing to do and the
     * kernel has let go of their requests; no handler is disturbed, so there may be more than {@code most} for a while. As many
     * as the concurrency: there are no spares, and packets of blocking handlers run on the worker of their shard.
     *
     * @param most from the {@linkplain PortStats#shards() number of shards} to 65000; 0 = twice the number of shards
     * @throws IllegalArgumentException if it is none of these; then nothing has changed
     * @throws IllegalStateException if the port was opened without a handler: your own threads do its work
     */
    public void maxWorkers(int most) {
        if (!hasHandler) {
            throw new IllegalStateException("port '" + name()
                    + "' was opened without a handler, so threads of yours do its work: start more or fewer");
        }
        int shards = core.shardStats().size();
        if (most != 0 && (most < shards || most > PortOptions.MOST_WORKERS)) {
            throw new IllegalArgumentException("maxWorkers must be 0 (twice the concurrency) or from " + shards
                    + " (the concurrency: each shard needs a worker) to " + PortOptions.MOST_WORKERS + ": " + most);
        }
        core.maxWorkers(most == 0 ? 2 * shards : most);
    }

    /**
     * Bounds the native memory of the port: rings, receive buffers, what waits to be sent or written, and TLS. What is started to
     * be sent or written beyond it throws {@link io.iocp.operation.TooMuchMemoryException}; nothing else is refused, and memory
     * that there is stays.
     *
     * @param bytes positive; {@link Long#MAX_VALUE} for no bound, as at first
     */
    public void maxMemory(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("the native memory that a port may have must be positive: " + bytes);
        }
        mostMemory = bytes;
        buffers.bound(bytes, core::memoryBesidesSends);
    }

    /** How much native memory it may have; {@link Long#MAX_VALUE} for any. */
    public long maxMemory() {
        return mostMemory;
    }

    /** How much more may be leased to be sent; not negative. Buffers that are kept for reuse count as free. Thread: any. */
    public long memoryLeft() {
        long most = mostMemory;
        return most == Long.MAX_VALUE ? most : Math.max(0, most - core.memoryBesidesSends() - buffers.leasedBytes());
    }

    /** Connections that are open. Thread: any. */
    public int connections() {
        return core.connections();
    }

    /** Whether operations can be started and packets posted. */
    public boolean isOpen() {
        return core.state() == PortCore.State.OPEN;
    }

    // ---- handles

    /**
     * Opens a listening handle, not yet associated: connections wait in its backlog.
     *
     * <p>At a {@link java.net.UnixDomainSocketAddress} the kernel makes a file, which must not exist, with the rights of the
     * process's umask. It stays when the listener is closed, and when the process dies: whoever chose the path deletes it.
     *
     * @param address an {@link java.net.InetSocketAddress}, port 0 for any that is free; or a {@link
     *     java.net.UnixDomainSocketAddress} with a path of at most 106 bytes
     * @throws java.net.BindException if the address is in use (its path exists) or not of this machine; the message names it
     * @throws IllegalArgumentException if it is no address of these kinds, or its path is empty or too long
     * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
     */
    public Listener openListener(SocketAddress address, ListenOptions listenOptions) throws IOException {
        if (!isOpen()) {
            throw new ClosedPortException("port '" + name() + "' is closed: no listener can be opened for it");
        }
        Addresses.check("listen on", address);
        return new Listener(this, selection.engine().listen(address, listenOptions));
    }

    /**
     * Opens a connection that is not associated and not connected yet: {@link #associate(Handle, Object) associate} it, then
     * {@link Connection#connect connect} it, or have a listener {@linkplain Listener#accept(OverlappedIO, Connection) accept
     * into it}.
     */
    public Connection openConnection(ConnectionOptions connectionOptions) {
        if (!isOpen()) {
            throw new ClosedPortException("port '" + name() + "' is closed: no connection can be opened for it");
        }
        return new Connection(this, selection.engine().openConnection(connectionOptions));
    }

    /**
     * Opens a datagram handle (UDP), not yet associated: datagrams that come wait in its socket, as many as fit.
     *
     * @param local an {@link java.net.InetSocketAddress}, port 0 for any that is free
     * @throws java.net.BindException if the address is in use or not of this machine; the message names it
     * @throws IllegalArgumentException if an address is not an IP address, or the peer's cannot be reached from the local one
     */
    public DatagramHandle openDatagram(SocketAddress local, DatagramOptions datagramOptions) throws IOException {
        if (!isOpen()) {
            throw new ClosedPortException("port '" + name() + "' is closed: no datagram handle can be opened for it");
        }
        DatagramHandle.checkLocal(local);
        SocketAddress peer = datagramOptions.peer();
        if (peer != null) {
            DatagramHandle.checkTarget(local, peer);
        }
        return new DatagramHandle(this, selection.engine().openDatagram(local, datagramOptions));
    }

    /** Opens a listening handle and associates it. */
    public Listener listen(SocketAddress address, ListenOptions listenOptions, @Nullable Object key)
            throws IOException {
        Listener listener = openListener(address, listenOptions);
        associate(listener, key);
        return listener;
    }

    /**
     * Opens a regular file, not yet associated: enough to be the source of a transmit; {@linkplain #associate(Handle, Object)
     * associate} it before starting operations on it. Waits for the file system, so not in a handler if that may be slow.
     *
     * @param options those of {@link java.nio.file.StandardOpenOption} but DELETE_ON_CLOSE and SPARSE, and {@code
     *     com.sun.nio.file.ExtendedOpenOption.DIRECT}; none = READ. With APPEND only appends are allowed, without it they are too
     * @throws UnsupportedOperationException for any other option
     * @throws java.nio.file.NoSuchFileException if it does not exist and is not to be made
     * @throws java.nio.file.FileAlreadyExistsException if it exists and is to be made by this call
     * @throws java.nio.file.AccessDeniedException if it may not be used so
     * @throws java.nio.file.FileSystemException also if it is a directory, a pipe or a device
     * @throws ClosedPortException if the port is closed
     */
    public FileHandle openFile(Path path, OpenOption... options) throws IOException {
        if (!isOpen()) {
            throw new ClosedPortException("port '" + name() + "' is closed: no file can be opened for it");
        }
        Endpoint endpoint = selection.engine().openFile(path, FileAccess.of(options));
        OpenFile file = Objects.requireNonNull(endpoint.file(), "what an engine opens for a file is one");
        return new FileHandle(this, endpoint, file);
    }

    /**
     * Associates a handle with this port, for life; its packets carry {@code key}.
     *
     * @throws IllegalStateException if it is associated already, or closed, or was made by another port
     * @throws ClosedPortException if the port is closed
     */
    public void associate(Handle handle, @Nullable Object key) {
        associate(handle, key, null);
    }

    /**
     * Associates a handle, with a handler of its own that goes before the port's.
     *
     * @throws IllegalStateException also if this port has no workers to run it (it was opened without a handler)
     */
    public void associate(Handle handle, @Nullable Object key, @Nullable CompletionHandler handler) {
        if (handle.port() != this) {
            throw new IllegalStateException(handle + " was made by port '"
                    + handle.port().name() + "', not by '" + name() + "': engines of two ports cannot share it");
        }
        if (handler != null && !hasHandler) {
            throw new IllegalStateException(
                    "port '" + name() + "' was opened without a handler, so it has no workers that"
                            + " could run one: take() its packets, or open it with a handler");
        }
        handle.associate(key, handler);
    }

    // ---- posts

    /** Posts a new packet: {@code key} and {@code attachment} come out as they went in, with 0 bytes and status OK. */
    public void post(@Nullable Object key, @Nullable Object attachment) {
        post(new OverlappedIO(attachment), key, 0, Status.OK);
    }

    /**
     * Posts a new packet.
     *
     * @param bytes comes out as it went in
     */
    public void post(@Nullable Object key, @Nullable Object attachment, long bytes) {
        post(new OverlappedIO(attachment), key, bytes, Status.OK);
    }

    /**
     * Posts a packet of the application's own: it is queued behind the posts before it, wakes exactly one worker (the one
     * that fell asleep last), and nothing of it is looked at. Allocates nothing if {@code packet} was posted before.
     *
     * @throws IllegalStateException if {@code packet} is in use
     * @throws ClosedPortException if the port is closed
     * @throws TooManyOperationsException if {@link PortOptions#maxPosts()} posts wait
     */
    public void post(OverlappedIO packet, @Nullable Object key, long bytes, Status status) {
        Post operation = beginPost(packet, key, null);
        operation.context = dispatch.contextOf(key);
        operation.bytes = bytes;
        operation.status = status;
        PortListener listener = options.listener();
        try {
            core.post(operation);
        } catch (TooManyOperationsException refused) {
            if (listener != null) {
                dispatch.tell(() -> listener.postRefused(key));
            }
            throw refused;
        }
        if (listener != null) {
            dispatch.tell(() -> listener.posted(key));
        }
    }

    /**
     * Posts a packet after {@code delay}, with status TIMER_EXPIRED; or at once with HANDLE_CLOSED when {@code boundTo} is
     * closed first. A packet bound to a handle comes in order with the handle's own packets and has its key.
     *
     * @param delay any resolution (kept to a millisecond, never early)
     * @param boundTo an associated handle of this port, or null
     * @throws IllegalStateException if {@code packet} is in use, or {@code boundTo} is not associated with this port
     */
    public ScheduledPost postDelayed(
            OverlappedIO packet, @Nullable Object key, Duration delay, @Nullable Handle boundTo) {
        Shard shard = boundTo == null ? null : boundTo.shard();
        if (boundTo != null && (shard == null || boundTo.port() != this)) {
            throw new IllegalStateException(boundTo + " is not associated with port '" + name() + "'");
        }
        Post operation = beginPost(packet, key, boundTo);
        operation.context = dispatch.contextOf(boundTo == null ? key : boundTo.key());
        ScheduledPost scheduled = core.postDelayed(operation, shard, nanos(delay));
        PortListener listener = options.listener();
        if (listener != null) {
            dispatch.tell(() -> listener.posted(key));
        }
        return scheduled;
    }

    /** Not negative; a time that a clock cannot count is more than a hundred years. */
    static long nanos(Duration duration) {
        if (duration.compareTo(LONGEST) > 0) {
            return LONGEST.toNanos();
        }
        return duration.isNegative() ? 0 : duration.toNanos();
    }

    private static Post beginPost(OverlappedIO packet, @Nullable Object key, @Nullable Handle boundTo) {
        packet.checkPort("a post is the port's own packet");
        Post operation = packet.post();
        packet.begin(operation, boundTo, boundTo == null ? null : boundTo.endpoint());
        operation.key = key;
        return operation;
    }

    // ---- taking packets

    /**
     * Waits for the next packet. Only on a port without a handler. At most as many threads as the port's concurrency have a
     * packet at once: one counts from its release until it takes again, sleeps, or ends; the thread that came last is
     * released first.
     *
     * @throws ClosedPortException if the port is closed, also while waiting
     * @throws InterruptedException if the thread is interrupted; no packet is lost
     * @throws IllegalStateException if the port has a handler
     */
    public OverlappedIO take() throws InterruptedException {
        OverlappedIO packet = next(-1);
        if (packet == null) {
            throw new AssertionError("a wait without an end ended without a packet");
        }
        return packet;
    }

    /**
     * The next packet if there is one and another thread may run, else null; never waits. Counts as running afterwards in
     * both cases: more threads than the port's concurrency that do nothing but poll in a loop keep each other from ever
     * getting a packet (as on Windows). Let them wait for a time instead.
     */
    public @Nullable OverlappedIO poll() {
        try {
            return next(0);
        } catch (InterruptedException e) {
            throw new AssertionError("a poll does not wait", e);
        }
    }

    /** The next packet; null if none came within {@code timeout}. */
    public @Nullable OverlappedIO poll(Duration timeout) throws InterruptedException {
        return next(nanos(timeout));
    }

    /**
     * Moves up to {@code max} packets to {@code sink}: returns as soon as there is one, and never waits for more.
     *
     * @return how many; 0 if none came within {@code timeout}
     */
    public int poll(List<? super OverlappedIO> sink, int max, Duration timeout) throws InterruptedException {
        if (max < 1) {
            throw new IllegalArgumentException("max must be at least 1: " + max);
        }
        OverlappedIO first = poll(timeout);
        if (first == null) {
            return 0;
        }
        sink.add(first);
        List<Operation> more = new ArrayList<>();
        queue().drain(more, Math.min(max, MOST_IN_BATCH) - 1);
        for (Operation operation : more) {
            sink.add(packetOf(operation));
        }
        return 1 + more.size();
    }

    /**
     * Runs something that makes the calling thread wait (a lock, a database, a sleep), without making others wait with it. A
     * handler gives its shard to another worker at once, as long as there is a spare ({@link PortOptions#maxWorkers(int)});
     * with none left the shard waits too. A thread that takes packets does not count as running meanwhile, so another gets the
     * next packet at once. In both cases the port would find out by itself, within a few milliseconds.
     *
     * <p>A handler whose every packet blocks had better say so with {@link CompletionHandler#blocks}, which is cheaper.
     *
     * <p>Thread: a handler's of this port, or one that takes packets of it.
     *
     * @throws IllegalStateException if the calling thread is neither
     * @throws Exception what {@code call} throws
     */
    public <T extends @Nullable Object> T blocking(Callable<T> call) throws Exception {
        PacketQueue queue = core.packets();
        if (queue == null) {
            if (!core.beginBlocking()) {
                throw new IllegalStateException("the calling thread runs no handler of port '" + name() + "'");
            }
            return call.call();
        }
        if (!queue.blocking(true)) {
            throw new IllegalStateException("the calling thread has not taken packets of port '" + name() + "' last");
        }
        try {
            return call.call();
        } finally {
            queue.blocking(false);
        }
    }

    /** Packets that wait: posts, and completions that nobody has run or taken yet. */
    public int queueDepth() {
        return core.queueDepth();
    }

    private @Nullable OverlappedIO next(long timeoutNanos) throws InterruptedException {
        Operation operation = queue().take(timeoutNanos);
        return operation == null ? null : packetOf(operation);
    }

    private OverlappedIO packetOf(Operation operation) {
        OverlappedIO packet = (OverlappedIO) operation.packet();
        dispatch.prepare(operation);
        return packet;
    }

    private PacketQueue queue() {
        PacketQueue packets = core.packets();
        if (packets == null) {
            throw new IllegalStateException(
                    "port '" + name() + "' has a handler, which gets its packets: open it without one to take them");
        }
        return packets;
    }

    // ---- the end

    /**
     * Drains, then closes: nothing new can be started, receives and accepts end with PORT_CLOSED, sends may finish and what is
     * queued is delivered, until {@code timeout}; then as {@link #close()}.
     *
     * @throws IllegalStateException on a worker of this port, which it would wait for
     */
    public void shutdown(Duration timeout) {
        long deadline = System.nanoTime() + nanos(timeout);
        end(() -> {
            core.shutdown(deadline); // called again after an interrupt, and then goes on waiting
            return core.close();
        });
    }

    /**
     * Closes: nothing new can be started, everything in flight is cancelled and ends with PORT_CLOSED, waiting threads get
     * {@link ClosedPortException}. When it returns, all buffers are the caller's again. What the kernel does not let go of
     * within {@link PortOptions#closeTimeout()} is leaked, never freed, and logged; those operations have no packet. Closing twice does nothing.
     *
     * @throws IllegalStateException on a worker of this port, which it would wait for
     */
    @Override
    public void close() {
        end(core::close);
    }

    @FunctionalInterface
    private interface Ending {
        /** @return shards that had to be leaked */
        int run() throws InterruptedException;
    }

    private void end(Ending ending) {
        if (core.isOwnWorker()) {
            throw new IllegalStateException(
                    "port '" + name()
                            + "' cannot be closed by its own worker, which the close would wait for: close it on another thread");
        }
        PortListener listener = options.listener();
        if (listener != null && isOpen()) {
            dispatch.tell(listener::closing);
        }
        boolean interrupted = false;
        while (true) {
            try {
                int leaked = ending.run();
                if (leaked > 0) {
                    System.getLogger(CompletionPort.class.getName())
                            .log(
                                    System.Logger.Level.WARNING,
                                    "port ''{0}'': the kernel or a handler did not let go in time; the memory of {1} shard(s) is"
                                            + " leaked",
                                    name(),
                                    leaked);
                }
                break;
            } catch (InterruptedException e) {
                // Half closed is no state to leave a port in; the bound of the wait is closeTimeout.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- for the handles

    PortCore core() {
        return core;
    }

    Connection connectionOf(Endpoint endpoint) {
        // The target of an accept, or a connection of its own that nobody has seen yet.
        return endpoint.handle instanceof Connection known ? known : new Connection(this, endpoint);
    }

    /** Calls a listener; what it throws is logged and dropped. */
    @Nullable
    Object contextOf(@Nullable Object key) {
        return dispatch.contextOf(key);
    }

    void tell(Runnable call) {
        dispatch.tell(call);
    }

    void checkContinuous(String continuous, String single) {
        if (!hasHandler) {
            throw new IllegalStateException(
                    continuous + " needs a port with a handler, whose return says that a packet has been"
                            + " dealt with: on port '" + name() + "' start one " + single + " after the other");
        }
    }

    /** Some thread that is not the caller, to ask a memory segment whether it is confined. */
    Thread anyOtherThread() {
        return core.otherThread();
    }
}
