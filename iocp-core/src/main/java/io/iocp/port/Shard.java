package io.iocp.port;

import io.iocp.engine.Engine;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.tls.TlsLoop;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Endpoint;
import io.iocp.operation.Endpoint.Lifecycle;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.StartResult;
import io.iocp.operation.Status;
import io.iocp.operation.TooManyOperationsException;
import io.iocp.port.Counters.Count;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One engine loop with its ready packets and the handles that live on it: the unit that a worker holds, and the only place
 * where the loop, the in-flight table and the FIFOs of its handles are touched.
 *
 * <p>Thread: {@link #start}, {@link #command}, {@link #recycle}, {@link #wake} and the readers any; the rest the holder.
 *
 * <p>Next: {@link Flow#take}.
 */
public final class Shard implements Sleepers.Member {
    /*
     * Ownership. `word` says who may touch the shard: the holder's number, the number of the packet it runs, and a
     * state. The holder works in LIBRARY. Before user code it release-stores HANDLER with a new packet number; every
     * entry into the library from that user code CASes HANDLER -> LIBRARY and release-stores back. Whoever wants to
     * take the shard from a holder whose handler blocks must CAS the very HANDLER word that it sampled, so it can
     * neither take LIBRARY nor a later packet; the loser of the CAS has lost the shard and uses the inbox from then
     * on. The CAS also hands over all plain writes of the old holder (its release-store pairs with the taker's
     * acquire).
     *
     * Changing hands. A taker reserves a spare first and writes its number with the CAS, so a shard always has a holder,
     * and nobody has to look for one without. What offers to the inbox meanwhile sees LIBRARY and wakes nobody; the new
     * holder's first turn finds it. The handle whose handler keeps the old holder is busy until "handler done" has come
     * through the inbox: its packets wait, in order. The old holder, back from its handler, fails its CAS, forgets the shard
     * (`worker.shard`) before it does anything else, and unwinds to where spares wait: from there on it gives back
     * leases, counts and reports only through its own fields and the inbox. It was counted as away before the CAS, and
     * is counted until "handler done" is in the inbox, so the shard does not end in between.
     *
     * Ordering of the wake-up. Producer: offer to the inbox, full fence, read the word; SLEEPING -> CAS to WOKEN and
     * wake the loop. Sleeper: publish SLEEPING (and its place among the sleepers), full fence, look at inbox, posts
     * and ready once more, enter the kernel. Either the producer sees SLEEPING, or the sleeper sees the offer: both
     * fences stand between a write and the read of the other's write. The CAS makes the wake single.
     *
     * Order. What other threads offer is taken in the order of the inbox. A handler's own starts and closes do not go
     * through it, so they take what is in it first: they must not overtake what was started before them.
     *
     * Shutdown. An operation or delayed post from outside is counted in `outside` before the port's state is read and
     * uncounted after it was taken from the inbox; a post is refused by the queue itself once that is closed. The holder
     * ends only when the port is closing, nobody is counted, the queue of posts is closed, and after that nothing is found
     * in the inbox, in flight or posted. So a start or post either sees the closing port and throws, or gets its packet.
     * Whose start is refused signals, for the holder may have counted him and gone to sleep. Closes that come after the end find `terminated` set (or are found in the
     * inbox by the last drain) and close the descriptor themselves.
     */

    private static final int FAILED_TURNS_IN_A_ROW = 16;
    private static final long BROKEN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Something that has to be done by the holder. */
    @FunctionalInterface
    interface Command {
        void run(Shard shard);
    }

    private static final Logger LOG = System.getLogger(Shard.class.getName());
    /** Reaches the memory of all that was leaked, which the garbage collector would free under the kernel otherwise. */
    private static final Set<Shard> LEAKED = ConcurrentHashMap.newKeySet();

    private final int index;
    private final PortCore port;
    private final PortSettings settings;
    private final Engine engine;
    private final TimerWheel timers;
    private final ReadyQueue ready = new ReadyQueue();
    private final DelayedPosts delayedPosts;
    private final Flow flow;
    private final EngineLoop loop;
    private final Delivery delivery;

    /** Operations, commands, returned buffers and associated endpoints, in the order in which other threads offered them. */
    private final MpscUnboundedVarHandleArrayQueue<Object> inbox = new MpscUnboundedVarHandleArrayQueue<>(256);

    private final AtomicInteger outside = new AtomicInteger();
    private final AtomicInteger load = new AtomicInteger();

    private final ShardWord word = new ShardWord();
    private volatile boolean terminated;
    private volatile boolean leaked;

    /** Rounds in a row that failed. Holder only. */
    private int failedTurns;

    Shard(int index, PortCore port, Engine engine) throws IOException {
        this.index = index;
        this.port = port;
        this.settings = port.settings();
        this.engine = engine;
        this.timers = new TimerWheel(engine.nanoTime());
        this.delayedPosts = new DelayedPosts(this, timers);
        this.flow = new Flow(this, settings, timers, delayedPosts, ready, engine::nanoTime);
        TlsLoop tls = new TlsLoop(flow, port.tlsBuffers(), this::compute);
        this.loop = tls.over(engine.openLoop(settings.loop(), tls.reports()));
        flow.connect(loop);
        this.delivery = new Delivery(this, port, flow, ready, word);
    }

    private void compute(Runnable task, Runnable done) {
        port.compute(() -> {
            task.run();
            command(_ -> done.run());
        });
    }

    // ---- from any thread

    /**
     * Starts an operation that has begun: at once if the caller is this shard's worker in a handler, else through the inbox.
     *
     * @throws ClosedPortException if the port is closing
     * @throws TooManyOperationsException if as many operations are in flight as may be
     */
    public StartResult start(Operation operation) {
        Worker worker = enter();
        if (worker != null) {
            try {
                catchUp();
                checkStart(operation, outside.get());
                operation.started();
                if (operation.maySkipPacket && worker.endedStarts.mayEnd() && flow.endAtOnce(operation)) {
                    worker.endedStarts.add(operation.lease);
                    return StartResult.COMPLETED_NOT_POSTED;
                }
                flow.take(operation);
                // It runs when this handler has returned, not before: until then it is still here to be looked at.
                return operation.isCompleted() ? StartResult.COMPLETED_POSTED : StartResult.PENDING;
            } finally {
                exit(worker);
            }
        }
        int waiting = outside.incrementAndGet();
        try {
            checkStart(operation, waiting - 1);
        } catch (RuntimeException e) {
            outside.decrementAndGet();
            if (!port.isOpen()) {
                signal(); // the holder may have seen this start and gone to sleep instead of ending
            }
            throw e;
        }
        operation.started();
        inbox.offer(operation);
        signal();
        return StartResult.PENDING;
    }

    private void checkStart(Operation operation, int waiting) {
        if (!port.isOpen()) {
            operation.abandon();
            throw new ClosedPortException("port '" + settings.name() + "' is closed: nothing can be started on it");
        }
        if (waiting + flow.inFlight().total() >= settings.maxInFlight()) {
            operation.abandon();
            throw new TooManyOperationsException("port '" + settings.name() + "' has " + settings.maxInFlight()
                    + " operations in flight on shard " + index + ", its bound (maxInFlight): nothing was started");
        }
    }

    /** Has the holder do something soon: at once if the caller is the holder in a handler. */
    void command(Command command) {
        Worker worker = enter();
        if (worker != null) {
            try {
                catchUp();
                command.run(this);
            } finally {
                exit(worker);
            }
            return;
        }
        inbox.offer(command);
        signal();
        if (terminated && leaked) {
            deliverLate();
        }
    }

    /** Takes what came through the inbox before: a handler's start or close must not overtake another thread's. */
    private void catchUp() {
        if (!inbox.isEmpty()) {
            try {
                drainInbox();
            } catch (RuntimeException | Error e) {
                goOnAfter(e);
            }
        }
    }

    void recycle(LeasedBuffer buffer) {
        Thread current = Thread.currentThread();
        if (current instanceof Worker worker && worker.holdsInLibrary(this)) {
            loop.recycle(buffer);
            return;
        }
        Worker inHandler = enter();
        if (inHandler != null) {
            try {
                loop.recycle(buffer);
            } finally {
                exit(inHandler);
            }
            return;
        }
        inbox.offer(buffer);
        signal();
    }

    void signal() {
        VarHandle.fullFence();
        wake();
    }

    @Override
    public boolean wake() {
        if (word.wake()) {
            loop.wakeup();
            return true;
        }
        return false;
    }

    /** From user code on this shard's worker into the library; null if the caller is anybody else, or has lost the shard. */
    @Nullable
    private Worker enter() {
        if (Thread.currentThread() instanceof Worker worker
                && worker.shard == this
                && word.leaveHandler(worker.handlerWord)) {
            worker.inLibrary = true;
            return worker;
        }
        return null;
    }

    /** Whether the calling thread runs a handler and this shard waits for it to return. Thread: any. */
    public boolean isHeldByCaller() {
        Worker worker = enter();
        if (worker == null) {
            return false;
        }
        exit(worker);
        return true;
    }

    private void exit(Worker worker) {
        worker.inLibrary = false;
        word.resumeHandler(worker.handlerWord);
    }

    // ---- the holder's loop

    /**
     * Works on this shard until the port is closed or somebody has taken the shard, because a handler did not return.
     *
     * @return true if the shard has ended, false if it was taken
     */
    boolean serve(Worker worker) {
        worker.hold(this);
        try {
            begin(worker);
            while (worker.shard == this && !isOver()) {
                turn(worker);
            }
        } finally {
            if (worker.shard == this) {
                endOrLog(worker);
            }
        }
        return worker.shard == this;
    }

    private void begin(Worker worker) {
        flow.holder(worker.counters);
        try {
            loop.hold(worker.number());
        } catch (RuntimeException | Error e) {
            // The loop is this worker's all the same, and its next turn tries again what could not be done now.
            goOnAfter(e);
        }
        word.hold(worker);
        port.awake(); // the first holder of all may begin when the monitor has fallen asleep over it
        delivery.begin();
    }

    /** One round: submit and reap, then run what is ready. The shard may be lost in the second part, and only there. */
    private void turn(Worker worker) {
        try {
            drainInbox();
            long now = 0;
            if (timers.size() > 0) {
                now = engine.nanoTime();
                timers.advance(now);
            }
            flow.newTurn();
            if (ready.isEmpty() && inbox.isEmpty() && port.hasNoPosts()) {
                sleep(worker, timers.nanosUntilNext(now));
            } else {
                loop.turn(0);
            }
            worker.counters.count(Count.TURNS, 1);
            failedTurns = 0;
        } catch (RuntimeException | Error e) {
            failedTurns++;
            if (Integer.bitCount(failedTurns) == 1) {
                goOnAfter(e);
            }
            if (failedTurns > FAILED_TURNS_IN_A_ROW) {
                // The ring or selector itself is broken. Nothing helps it, but it must not take a processor and the log
                // too.
                LockSupport.parkNanos(BROKEN_PAUSE_NANOS);
            }
        }
        try {
            delivery.runReady(worker);
            delivery.runPosts(worker);
        } catch (RuntimeException | Error e) {
            goOnAfter(e);
        }
        assert worker.shard != this || word.isHeldInLibraryBy(worker) : "the shard is somebody else's";
    }

    /** A fault must not end the worker: what it concerned may be lost, every other connection goes on. */
    void goOnAfter(Throwable fault) {
        LOG.log(Level.ERROR, "shard " + index + " of port '" + settings.name() + "': dispatch failed, going on", fault);
    }

    private void sleep(Worker worker, long timeoutNanos) {
        word.sleep(worker);
        port.sleepers().push(this);
        VarHandle.fullFence(); // pairs with the one between a producer's offer and its look at the word or the sleepers
        // One look at the posts, after all else: while another worker takes, there may seem to be one where none is. Of
        // two looks the first could find none, so that this worker may sleep, and the second one, so that it may not
        // end: and nobody would wake it.
        boolean mayEnd = leaked || mayEndButForPosts();
        boolean nothing = inbox.isEmpty() && port.hasNoPosts() && !mayEnd;
        try {
            worker.counters.count(Count.SLEEPS, 1);
            loop.turn(nothing ? timeoutNanos : 0);
        } finally {
            port.sleepers().remove(this);
            word.hold(worker);
            port.awake();
        }
    }

    private void drainInbox() {
        for (Object item = inbox.poll(); item != null; item = inbox.poll()) {
            receive(item);
        }
    }

    private void receive(Object item) {
        switch (item) {
            case Operation operation -> {
                try {
                    flow.take(operation);
                } finally {
                    outside.decrementAndGet();
                }
            }
            case LeasedBuffer buffer -> loop.recycle(buffer);
            case Endpoint endpoint -> flow.attach(endpoint);
            case Command command -> command.run(this);
            default -> throw new AssertionError("unknown in an inbox: " + item);
        }
    }

    // ---- changing hands

    long sampleWord() {
        return word.sample();
    }

    /**
     * Takes the shard from a worker that a handler keeps, for a spare that is reserved for it. Thread: any, the kept one included.
     *
     * @param sampled the word that was seen
     * @return false if the handler has returned, or is in the library, or somebody else has taken the shard: then nothing happened
     */
    boolean handTo(Worker spare, long sampled, Worker keptWorker, HandOverCause cause, long handlerNanos) {
        if (terminated) {
            // What is left of it runs where it ends: the next holder would find it over and end it a second time.
            return false;
        }
        // Before the CAS, so that the shard cannot end, and the kept one cannot be back, before this is known.
        port.workers().left();
        keptWorker.keep();
        if (!word.take(sampled, spare)) {
            keptWorker.unkeep();
            port.workers().back();
            return false;
        }
        // This thread holds the shard now, until the spare has it.
        Delivery.Kept kept = delivery.kept();
        spare.send(new Errand.Serve(this));
        if (kept != null) {
            port.handedOver(index, kept.operation(), kept.endpoint(), kept.cause(cause), handlerNanos);
        }
        return true;
    }

    /**
     * The handler that runs on this worker is about to wait: its shard, if it still holds one, goes to a spare. If there is none
     * the shard waits with it, but what it has submitted is on its way.
     */
    void giveAway(Worker worker) {
        if (word.sample() != worker.handlerWord) {
            return; // taken already
        }
        Worker spare = port.changesHolder() ? port.workers().reserve() : null;
        if (spare != null) {
            if (handTo(spare, worker.handlerWord, worker, HandOverCause.ANNOUNCED, 0)) {
                port.departed(worker, this);
            } else {
                port.workers().release(spare);
            }
            return;
        }
        Worker inLibrary = enter();
        if (inLibrary != null) {
            try {
                catchUp();
                flush();
            } finally {
                exit(inLibrary);
            }
        }
    }

    /** Gives the kernel what was submitted, because a handler is about to keep this worker. */
    void flush() {
        try {
            loop.turn(0);
        } catch (RuntimeException | Error e) {
            goOnAfter(e);
        }
    }

    /** Requests of earlier holders are not to be waited for. */
    void adoptAll() {
        command(s -> s.loop.adoptAll());
    }

    // ---- the end

    private boolean isOver() {
        return leaked || (mayEndButForPosts() && port.hasNoPosts());
    }

    /** Whether this shard may end if, after this look, there are no posts. Whoever makes it true from elsewhere signals. */
    private boolean mayEndButForPosts() {
        return !port.isOpen()
                && flow.stage() != Flow.Stage.OPEN
                // First those who may still bring something, then whether something is there.
                && outside.get() == 0
                && port.nobodyPosts()
                && port.workers().isQuiet()
                && inbox.isEmpty()
                && flow.isEmpty()
                && ready.isEmpty();
    }

    private void endOrLog(Worker worker) {
        try {
            end(worker);
        } catch (RuntimeException | Error e) {
            // Whoever closes the port waits for this shard, whatever became of it.
            LOG.log(Level.ERROR, "shard " + index + " of port '" + settings.name() + "' did not end in good order", e);
        }
    }

    private void end(Worker worker) {
        if (!leaked) {
            flow.endAll(Flow.Stage.CLOSING); // after a drain the handles are still open
        }
        terminated = true;
        VarHandle.fullFence();
        drainAtEnd();
        if (leaked) {
            flow.endWaiting();
            deliverRest(worker);
        }
        word.letGo();
        if (leaked) {
            deliverLate();
        } else {
            loop.close();
        }
    }

    private void drainAtEnd() {
        for (Object item = inbox.poll(); item != null; item = inbox.poll()) {
            if (item instanceof Command command) {
                try {
                    command.run(this);
                } catch (RuntimeException | Error e) {
                    goOnAfter(e);
                }
            } else if (item instanceof Operation operation) {
                // Only where the time for closing is over: what the kernel never had still gets its packet.
                flow.takeAtEnd(operation);
                outside.decrementAndGet();
            }
        }
    }

    /**
     * Packets that waited for a handler which has returned only after the end of a shard that was leaked: who tells of its return
     * delivers them. Who finds somebody at it leaves them to him, who looks again after he has let the shard go.
     */
    private void deliverLate() {
        while (!inbox.isEmpty() && word.takeUnheld()) {
            try {
                drainAtEnd();
                for (Operation late = ready.poll(); late != null; late = ready.poll()) {
                    delivery.runLate(late);
                }
            } catch (RuntimeException | Error e) {
                goOnAfter(e);
            } finally {
                word.letGo();
            }
        }
    }

    private void deliverRest(Worker worker) {
        while (!ready.isEmpty()) {
            try {
                delivery.runReady(worker);
            } catch (RuntimeException | Error e) {
                goOnAfter(e);
            }
        }
    }

    /**
     * The time for closing is over: the holder leaves, and what the kernel may still touch is leaked, never freed. Does
     * nothing to a shard that has ended in good order.
     */
    void abandon() {
        if (terminated) {
            return;
        }
        leaked = true;
        LEAKED.add(this);
        signal();
        loop.wakeup();
    }

    /** The port gave up waiting for the kernel: what was in flight here will never end. Thread: any. */
    public boolean isLeaked() {
        return leaked;
    }

    // ---- endpoints

    void attach(Endpoint endpoint) {
        load.incrementAndGet();
        command(s -> s.flow.attach(endpoint));
        if (terminated && settings.closeHandles() && endpoint.move(Lifecycle.OPEN, Lifecycle.CLOSING)) {
            // The port was closed meanwhile, and the last drain may have been over before the offer.
            closeAfterEnd(endpoint);
        }
    }

    /** The endpoint has moved to CLOSING, by the caller. Never waits. */
    public void close(Endpoint endpoint, Status reason) {
        command(s -> {
            if (s.terminated) {
                s.closeAfterEnd(endpoint);
            } else {
                s.flow.beginClose(endpoint, reason);
            }
        });
        if (terminated) {
            // The last drain may have been over before the offer: nobody will look again.
            closeAfterEnd(endpoint);
        }
    }

    private void closeAfterEnd(Endpoint endpoint) {
        if (endpoint.move(Lifecycle.CLOSING, Lifecycle.CLOSED)) {
            Endpoint incoming = endpoint.takeIncoming();
            if (incoming != null) {
                discard(incoming);
            }
            TlsLoop.forget(endpoint);
            engine.closeUnassociated(endpoint);
            var _ = endpointClosed(endpoint, false);
        }
    }

    /** The operation of {@code endpoint} has moved to CANCELLING, by the caller. Never waits. */
    public void cancel(Operation operation, Endpoint endpoint) {
        command(s -> s.flow.cancel(operation, endpoint));
    }

    public void pauseReceiving(Endpoint endpoint, boolean pause) {
        command(s -> s.flow.pauseReceiving(endpoint, pause));
    }

    public void shutdownOutput(Endpoint endpoint) {
        command(s -> s.flow.shutdownOutput(endpoint));
    }

    public void idleTimeout(Endpoint endpoint, long timeoutNanos) {
        command(s -> s.flow.idleTimeout(endpoint, timeoutNanos));
    }

    /** Puts a delayed post on the wheel; false if the port is closing, and then there will be no packet. */
    boolean schedule(DelayedPost delayed) {
        Worker worker = enter();
        if (worker != null) {
            try {
                catchUp();
                boolean open = port.isOpen();
                if (open) {
                    delayedPosts.schedule(delayed, flow.stage() == Flow.Stage.OPEN);
                }
                return open;
            } finally {
                exit(worker);
            }
        }
        // Counted like a start, so that the holder does not end before it has seen it.
        outside.incrementAndGet();
        boolean open = port.isOpen();
        if (open) {
            inbox.offer((Command) s -> {
                s.delayedPosts.schedule(delayed, s.flow.stage() == Flow.Stage.OPEN);
                s.outside.decrementAndGet();
            });
        } else {
            outside.decrementAndGet();
        }
        signal();
        return open;
    }

    void endAll(Flow.Stage stage) {
        command(s -> s.flow.endAll(stage));
    }

    /** An accepted connection that nobody will be told of. */
    void discard(Endpoint connection) {
        if (connection.move(Lifecycle.UNASSOCIATED, Lifecycle.CLOSED)) {
            engine.closeUnassociated(connection);
            connection.descriptorClosed();
        }
    }

    /** As {@link PacketRunner#closed}. */
    @Nullable
    Post endpointClosed(Endpoint endpoint, boolean delivers) {
        load.decrementAndGet();
        endpoint.descriptorClosed();
        return port.endpointClosed(endpoint, delivers);
    }

    void postFromTimer(Post post) {
        if (post.endpoint != null) {
            flow.take(post);
        } else {
            port.offerPost(post);
        }
    }

    InFlight inFlight() {
        return flow.inFlight();
    }

    DelayedPosts delayedPosts() {
        return delayedPosts;
    }

    Flow flow() {
        return flow;
    }

    // ---- gauges

    /** Handles that live here. */
    int load() {
        return load.get();
    }

    int readyPackets() {
        return ready.size();
    }

    /** {@code library}, {@code handler}, {@code sleeping} or {@code unheld}. */
    String state() {
        return switch (word.state()) {
            case LIBRARY, WOKEN -> "library";
            case HANDLER -> "handler";
            case SLEEPING -> "sleeping";
            case UNHELD -> "unheld";
        };
    }

    /** Number of the worker that holds it; -1 for none. */
    private int holder() {
        long seen = word.sample();
        return ShardWord.isHeld(seen) ? ShardWord.holder(seen) : -1;
    }

    ShardStats stats() {
        return new ShardStats(
                index,
                state(),
                holder(),
                load(),
                readyPackets(),
                // A shard that has ended in good order waited for all who were about to start: who is left is being
                // refused.
                flow.inFlight().total() + (terminated && !leaked ? 0 : outside.get()),
                loop.ringMemoryBytes(),
                loop.receiveMemoryBytes());
    }

    int index() {
        return index;
    }

    Delivery delivery() {
        return delivery;
    }

    EngineLoop loop() {
        return loop;
    }
}
