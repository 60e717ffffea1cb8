package io.iocp.port;

import io.iocp.engine.Engine;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferPool;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.Operation;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Post;
import io.iocp.operation.TooManyOperationsException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the shards and workers of one port share: posts, sleepers, the spare workers, and the port's state from open to closed.
 *
 * <p>Thread: any.
 */
public final class PortCore {
    /** Life of a port; only ever moves down this list. */
    public enum State {
        OPEN,
        /** {@code shutdown()}: no new starts, receives and accepts are cancelled, sends and the queue are drained. */
        DRAINING,
        /** {@code close()}: everything is cancelled. */
        CLOSING,
        CLOSED
    }

    private static final long TLS_IDLE_SECONDS = 10;

    private final PortSettings settings;
    private final Engine engine;
    private final PacketRunner runner;
    private final @Nullable PacketQueue packets;
    private final PostQueue posts;

    /** Computes for TLS handshakes; its threads end when there was nothing to do for a while. */
    private final ThreadPoolExecutor tlsThreads;

    /** Records that are on their way, and plain text that was received. */
    private final BufferPool tlsBuffers = new BufferPool();

    private final Sleepers sleepers;
    private final Workers workers;
    private final List<Shard> shards = new ArrayList<>();
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final AtomicInteger connections = new AtomicInteger();

    /** Never runs; stands for "some other thread" when memory is asked who may use it. */
    private final Thread witness = new Thread(() -> {});

    /** Null if nobody looks for handlers that block: they have been told not to, or there are none. */
    private final @Nullable BlockingMonitor monitor;

    /** Whether a shard may go to another worker. */
    private final boolean changesHolder;

    private final LongAdder handOvers = new LongAdder();
    private final LongAdder allBlocked = new LongAdder();

    private final AtomicInteger turnOfDelayedPosts = new AtomicInteger();

    /**
     * Opens the shards and starts their workers.
     *
     * @param withQueue true for a port without a handler, whose packets the user's threads take
     */
    public PortCore(PortSettings settings, Engine engine, PacketRunner runner, boolean withQueue) throws IOException {
        this.settings = settings;
        this.tlsThreads = tlsThreads(settings);
        this.engine = engine;
        this.runner = runner;
        this.posts = new PostQueue(settings.maxPosts() > 0);
        this.packets = withQueue ? new PacketQueue(settings.name(), settings.shards(), this::discardAccepted) : null;
        this.sleepers = new Sleepers(settings.shards());
        this.workers = new Workers(
                settings.name(),
                settings.maxWorkers(),
                settings.shards(),
                settings.virtualThreads(),
                runner,
                number -> shards.stream().anyMatch(s -> s.loop().held(number) > 0),
                this::signalIfClosing);
        try {
            for (int i = 0; i < settings.shards(); i++) {
                shards.add(new Shard(i, this, engine));
            }
        } catch (IOException | RuntimeException | Error e) {
            shards.forEach(s -> s.loop().close());
            throw e;
        }
        this.changesHolder = engine.capabilities().changesHolder();
        monitor = packets == null && settings.detectsBlocking() && changesHolder
                ? new BlockingMonitor(this, workers, shards)
                : null;
        shards.forEach(workers::startHolder);
        if (monitor != null) {
            monitor.start();
        }
    }

    PortSettings settings() {
        return settings;
    }

    PacketRunner runner() {
        return runner;
    }

    /** The queue that the user's threads take from; null if the port has a handler. */
    @Nullable
    public PacketQueue packets() {
        return packets;
    }

    Sleepers sleepers() {
        return sleepers;
    }

    private static ThreadPoolExecutor tlsThreads(PortSettings settings) {
        int most = 2 * settings.shards(); // one may wait for somebody far away whom it asks about a certificate
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                most,
                most,
                TLS_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform()
                        .daemon()
                        .name("iocp-" + settings.name() + "-tls-", 0)
                        .factory());
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /**
     * Runs what computes for long and belongs to no packet, beside the workers: it must take no spare from a handler that blocks.
     * The end of the port does not wait for it. Waiting tasks are bounded by the connections that shake hands.
     */
    void compute(Runnable task) {
        tlsThreads.execute(task);
    }

    BufferPool tlsBuffers() {
        return tlsBuffers;
    }

    /** Native bytes of records, and of plain text that was received, of secure connections. Thread: any. */
    public long tlsMemoryBytes() {
        return tlsBuffers.allocatedBytes();
    }

    /** Native bytes of rings, receive buffers and TLS. Thread: any. */
    public long memoryBesidesSends() {
        long bytes = tlsMemoryBytes();
        for (ShardStats shard : shardStats()) {
            bytes += shard.ringMemoryBytes() + shard.receiveMemoryBytes();
        }
        return bytes;
    }

    Workers workers() {
        return workers;
    }

    public Engine engine() {
        return engine;
    }

    public State state() {
        return state.get();
    }

    boolean isOpen() {
        return state.get() == State.OPEN;
    }

    // ---- posts

    /**
     * Puts a post that has begun on the port.
     *
     * @throws ClosedPortException if the port is closing
     * @throws TooManyOperationsException if as many posts wait as may
     */
    public void post(Post post) {
        if (settings.maxPosts() > 0 && isOpen() && queuedPosts() >= settings.maxPosts()) {
            post.abandon();
            throw new TooManyOperationsException("port '" + settings.name() + "' has " + settings.maxPosts()
                    + " posts waiting, its bound (maxPosts): nothing was posted");
        }
        complete(post);
        if (packets != null) {
            if (!packets.enqueuePost(post)) {
                post.deliverFromPort();
                throw closed();
            }
            return;
        }
        // Whether the port takes it is decided where it is put: see PostQueue, "The end".
        if (!posts.offer(post)) {
            post.deliverFromPort();
            throw closed();
        }
        wakeSleeper();
    }

    /** A post whose time has come. Thread: the holder of a shard. */
    void offerPost(Post post) {
        complete(post);
        if (packets != null) {
            packets.enqueue(post);
            return;
        }
        posts.offerLate(post);
        wakeSleeper();
    }

    private void complete(Post post) {
        if (settings.timed()) {
            post.readyNanos = System.nanoTime();
        }
        post.completeForPort();
    }

    /** After a post was put on the queue; pairs with {@link Shard#sleep}. Next: {@link Shard#turn}. */
    private void wakeSleeper() {
        if (!sleepers.isEmpty()) {
            sleepers.wakeOne();
        }
    }

    /** From now on posts of others are refused; all before them are in the queue. */
    private void endPosts() {
        if (packets != null) {
            packets.endPosts();
            return;
        }
        posts.close();
        shards.forEach(Shard::signal); // a holder that has looked before may sleep instead of ending
    }

    @Nullable
    Post pollPost() {
        return posts.poll();
    }

    boolean hasNoPosts() {
        return posts.isEmpty();
    }

    /** Nobody outside of the port can post any more: then it stays so. */
    boolean nobodyPosts() {
        return packets != null || posts.isClosed();
    }

    private int queuedPosts() {
        return packets != null ? packets.size() : posts.size();
    }

    /** Schedules a post that has begun, on the wheel of {@code shard}, or of any for null. */
    public DelayedPost postDelayed(Post post, @Nullable Shard shard, long delayNanos) {
        Shard on =
                shard != null ? shard : shards.get(Math.floorMod(turnOfDelayedPosts.getAndIncrement(), shards.size()));
        DelayedPost delayed = new DelayedPost(on, post, post.endpoint, engine.nanoTime() + Math.max(0, delayNanos));
        if (!on.schedule(delayed)) {
            post.abandon();
            throw closed();
        }
        return delayed;
    }

    private ClosedPortException closed() {
        return new ClosedPortException("port '" + settings.name() + "' is closed: nothing can be posted to it");
    }

    // ---- endpoints

    /**
     * Gives an endpoint its shard, the one with the fewest handles, for life. The caller has moved it to OPEN.
     *
     * @throws ClosedPortException if the port is closing
     */
    public Shard chooseShard() {
        if (!isOpen()) {
            throw new ClosedPortException(
                    "port '" + settings.name() + "' is closed: no handle can be associated with it");
        }
        Shard best = shards.getFirst();
        for (Shard shard : shards) {
            if (shard.load() < best.load()) {
                best = shard;
            }
        }
        return best;
    }

    public void attach(Endpoint endpoint, Shard shard) {
        if (endpoint.isConnection()) {
            connections.incrementAndGet();
        }
        shard.attach(endpoint);
    }

    @Nullable
    Post endpointClosed(Endpoint endpoint, boolean delivers) {
        if (endpoint.isConnection()) {
            connections.decrementAndGet();
        }
        return runner.closed(endpoint, delivers);
    }

    /** The connection of an accept whose packet nobody will take. */
    private void discardAccepted(Operation operation) {
        if (operation instanceof Accept accept && accept.accepted != null) {
            shards.getFirst().discard(accept.accepted);
            accept.accepted = null;
        }
    }

    // ---- handlers that block

    /** A holder is back from its sleep, and its shard's word says so. */
    void awake() {
        if (monitor != null) {
            monitor.wakeIfIdle();
        }
    }

    /** A worker has given its shard away by itself. */
    void departed(Worker worker, Shard shard) {
        if (monitor != null) {
            monitor.departed(worker, shard);
        }
    }

    boolean changesHolder() {
        return changesHolder;
    }

    void handedOver(
            int shard, Operation operation, @Nullable Endpoint endpoint, HandOverCause cause, long handlerNanos) {
        handOvers.increment();
        runner.handedOver(shard, operation, endpoint, cause, handlerNanos);
    }

    /** A shard should have gone to a spare, and there is none. */
    void noSpareLeft() {
        allBlocked.increment();
        runner.allBlocked(workers.most());
    }

    /**
     * The calling handler is about to wait: another worker goes on with its shard.
     *
     * @return false if the caller runs no handler of this port
     */
    public boolean beginBlocking() {
        if (!workers.isOwnThread()) {
            return false;
        }
        Shard shard = Thread.currentThread() instanceof Worker worker ? worker.shard : null;
        if (shard != null) {
            shard.giveAway((Worker) Thread.currentThread());
        }
        return true;
    }

    // ---- the end

    /**
     * Drains, then closes: no new starts, receives and accepts end with PORT_CLOSED, sends may finish and what is queued is
     * delivered, until the time is over.
     */
    public void shutdown(long deadlineNanos) throws InterruptedException {
        if (state.compareAndSet(State.OPEN, State.DRAINING)) {
            shards.forEach(s -> s.endAll(Flow.Stage.DRAINING));
        }
        endPosts(); // whoever drains: what waits for the end of posts must not wait for another thread
        if (state.get() == State.DRAINING && workers.awaitHolders(deadlineNanos) && packets != null) {
            packets.awaitEmpty(deadlineNanos);
        }
        close();
    }

    /**
     * Cancels everything, waits for the kernel to let go of it, and frees the memory. What the kernel has not let go of in
     * time is leaked, never freed. Idempotent; a second caller waits for the first.
     *
     * @return shards that had to be leaked
     */
    public int close() throws InterruptedException {
        State before = state.getAndUpdate(s -> s.compareTo(State.CLOSING) < 0 ? State.CLOSING : s);
        if (before.compareTo(State.CLOSING) < 0) {
            endPosts();
            shards.forEach(s -> s.endAll(Flow.Stage.CLOSING));
            if (packets != null) {
                packets.close();
            }
        }
        long deadline = System.nanoTime() + settings.closeTimeoutNanos();
        if (!workers.awaitHolders(deadline)) {
            shards.forEach(Shard::abandon);
            workers.awaitHolders(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
        }
        workers.dismiss();
        if (monitor != null) {
            monitor.end();
        }
        state.set(State.CLOSED);
        return (int) shards.stream().filter(Shard::isLeaked).count();
    }

    private void signalIfClosing() {
        if (!isOpen()) {
            shards.forEach(Shard::signal);
        }
    }

    /** A thread that is not the caller's, for asking a memory segment whether it is confined to one. */
    public Thread otherThread() {
        return witness;
    }

    /** Whether the caller runs a handler of this port: then waiting for the port would be waiting for itself. */
    public boolean isOwnWorker() {
        return workers.isOwnThread();
    }

    // ---- statistics

    /** Counters of all workers, those that have ended included. */
    public List<Counters> counters() {
        return workers.counters();
    }

    public int inFlight(OperationKind kind) {
        int sum = 0;
        for (Shard shard : shards) {
            sum += shard.inFlight().of(kind);
        }
        return sum;
    }

    /** Packets that wait for a worker or a taker. */
    public int queueDepth() {
        return queuedPosts() + shards.stream().mapToInt(Shard::readyPackets).sum();
    }

    public int connections() {
        return connections.get();
    }

    public long handOvers() {
        return handOvers.sum();
    }

    public long allBlocked() {
        return allBlocked.sum();
    }

    public int maxWorkers() {
        return workers.most();
    }

    /** Changes how many workers there may be: at least one for each shard. */
    public void maxWorkers(int most) {
        workers.most(most);
    }

    /** Each worker; what holds a shard does what the shard's word says. */
    public List<WorkerStats> workerStats() {
        List<WorkerStats> result = new ArrayList<>(workers.stats());
        for (ShardStats shard : shardStats()) {
            String does = switch (shard.state()) {
                case "handler" -> monitor != null && monitor.isStuck(shard.index()) ? "blocked" : "running";
                case "library" -> "polling";
                default -> shard.state();
            };
            result.replaceAll(w -> w.number() == shard.worker() ? w.holding(shard.index(), does) : w);
        }
        return result;
    }

    public List<ShardStats> shardStats() {
        return shards.stream().map(Shard::stats).toList();
    }

    public Map<String, Integer> workersByState() {
        Map<String, Integer> result = new LinkedHashMap<>();
        result.put("running", 0);
        result.put("polling", 0);
        result.put("sleeping", 0);
        int stuck = monitor == null ? 0 : monitor.stuck();
        result.put("blocked", workers.awayCount() + stuck);
        result.put("parked", workers.parkedCount());
        for (Shard shard : shards) {
            switch (shard.state()) {
                case "handler" -> result.merge("running", 1, Integer::sum);
                case "library" -> result.merge("polling", 1, Integer::sum);
                case "sleeping" -> result.merge("sleeping", 1, Integer::sum);
                default -> {}
            }
        }
        // A holder that sleeps in a handler, because no spare is left, blocks and does not run.
        result.merge("running", -stuck, (a, b) -> Math.max(0, a + b));
        return result;
    }
}
