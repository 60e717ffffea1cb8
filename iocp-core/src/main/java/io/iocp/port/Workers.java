package io.iocp.port;

import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a port: one for each shard, and up to the port's bound spares, which run the packets of handlers that say that
 * they block, and take the shards of those that do not say so. Spares are made when needed, parked last in first out, and end
 * after 30 seconds without work, but not before the kernel has let go of every request that they submitted.
 *
 * <p>Thread: any; a lock guards the lists, taken only when a spare gets work or comes back.
 */
final class Workers {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Packets of blocking handlers that may wait for a spare; the next one is run by the shard's own worker. */
    private static final int MOST_WAITING = 1024;

    private static final Errand WORK = new Errand.Work();

    /** Whose handler a virtual thread runs; nobody's on any other. */
    private static final ThreadLocal<Workers> HANDLER_OF = new ThreadLocal<>();

    private final String name;
    private final int shards;
    private final PacketRunner runner;
    private final Runnable spareDone;
    private final long idleNanos;
    private final long lingerNanos;
    private final IntPredicate kernelHoldsRequestsOf;
    private final int mostVirtualThreads;
    private final Semaphore virtualThreads;
    private final List<Worker> all = new ArrayList<>();
    private final BitSet numbers = new BitSet();
    private final Deque<Worker> parked = new ArrayDeque<>();
    private final Counters ofEnded = new Counters();

    /** Packets for spares; a handle never has more than one here, but posts may. */
    private final Queue<Errand.Run> waiting;

    /** A spare is on its way to them. */
    private final AtomicBoolean searching = new AtomicBoolean();

    /** Packets that wait for spares or run there, and workers that are kept without their shards. */
    private final AtomicInteger away = new AtomicInteger();

    private int shardsHeld;
    private boolean closed;

    /** Spares that are about to end, and still count. */
    private int retiring;

    /** How many threads there may be. Written under the lock; {@link #runElsewhere} reads it without. */
    private volatile int most;

    /**
     * @param most how many threads there may be
     * @param shards how many of them hold shards
     * @param virtualThreads how many packets of blocking handlers may run on virtual threads at once
     * @param kernelHoldsRequestsOf whether the kernel has requests of the worker with a number: it would cancel them if the
     *     thread ended
     * @param spareDone called when a spare has finished a packet
     */
    Workers(
            String name,
            int most,
            int shards,
            int virtualThreads,
            PacketRunner runner,
            IntPredicate kernelHoldsRequestsOf,
            Runnable spareDone) {
        this(name, most, shards, virtualThreads, runner, kernelHoldsRequestsOf, spareDone, IDLE_NANOS, LINGER_NANOS);
    }

    /** For tests, which do not wait for half a minute. */
    Workers(
            String name,
            int most,
            int shards,
            int virtualThreads,
            PacketRunner runner,
            IntPredicate kernelHoldsRequestsOf,
            Runnable spareDone,
            long idleNanos,
            long lingerNanos) {
        this.name = name;
        this.spareDone = spareDone;
        this.idleNanos = idleNanos;
        this.lingerNanos = lingerNanos;
        this.most = most;
        this.shards = shards;
        this.waiting = new MpmcVarHandleArrayQueue<>(MOST_WAITING);
        this.mostVirtualThreads = virtualThreads;
        this.virtualThreads = new Semaphore(virtualThreads);
        this.runner = runner;
        this.kernelHoldsRequestsOf = kernelHoldsRequestsOf;
    }

    PacketRunner runner() {
        return runner;
    }

    /** How long a spare stays without work. */
    long idleNanos() {
        return idleNanos;
    }

    /** How long a spare that could have ended waits before it looks again whether it may. */
    long lingerNanos() {
        return lingerNanos;
    }

    synchronized void startHolder(Shard shard) {
        Worker worker = make();
        worker.send(new Errand.Serve(shard));
        shardsHeld++;
        worker.start();
    }

    private Worker make() {
        int number = numbers.nextClearBit(0);
        numbers.set(number);
        Worker worker = new Worker(number, this, "iocp-" + name + "-worker-" + number);
        all.add(worker);
        return worker;
    }

    private void forget(Worker worker) {
        if (all.remove(worker)) {
            numbers.clear(worker.number());
            ofEnded.addAll(worker.counters);
        }
    }

    // ---- spares

    /**
     * A spare that nobody else can get: the caller sends it an errand or gives it {@linkplain #release back}.
     *
     * @return null if there is none and none may be made
     */
    @Nullable
    Worker reserve() {
        return reserve(most);
    }

    /** @param bound threads that there may be */
    @Nullable
    private Worker reserve(int bound) {
        Worker spare;
        synchronized (this) {
            spare = parked.pollLast();
            if (spare != null) {
                return spare;
            }
            if (all.size() >= bound) {
                return null;
            }
            spare = make();
        }
        try {
            spare.start();
            return spare;
        } catch (OutOfMemoryError e) {
            // The system has no thread left: that is the same as no spare.
            synchronized (this) {
                forget(spare);
            }
            return null;
        }
    }

    /** A spare is done with its errand, or was reserved and not needed. */
    void release(Worker spare) {
        synchronized (this) {
            parked.addLast(spare);
            if (closed) {
                LockSupport.unpark(spare);
            }
        }
        callForWork(); // a packet may have come while the spare could not be had
    }

    /** A handler begins to run on a thread that holds no shard: the port waits for it before it ends. */
    void left() {
        away.incrementAndGet();
    }

    /** It did not, or is done. Whoever it concerned has been told through the shard's inbox. */
    void back() {
        away.decrementAndGet();
        spareDone.run();
    }

    /**
     * Gives a packet to another thread. It waits while all spares are kept by handlers: running it here would make every
     * connection of the shard wait instead.
     *
     * @return false if there is no other thread, or too many packets wait: the caller then runs it itself
     */
    boolean runElsewhere(Shard shard, Operation operation, @Nullable LeasedBuffer lease) {
        if (virtualThreads.tryAcquire()) {
            Errand.Run errand = new Errand.Run(shard, operation, lease);
            Thread.ofVirtual().name("iocp-" + name + "-handler").start(() -> runOnVirtualThread(errand));
            return true;
        }
        if (most == shards) {
            return false;
        }
        left();
        if (!waiting.offer(new Errand.Run(shard, operation, lease))) {
            back();
            return false;
        }
        callForWork();
        return true;
    }

    private void runOnVirtualThread(Errand.Run errand) {
        HANDLER_OF.set(this);
        try {
            errand.run(runner, new WorkerClock());
        } finally {
            virtualThreads.release();
            spareDone.run();
        }
    }

    /*
     * Waiting packets. At most one spare is on its way to them (`searching`): it takes one, and before it runs it calls for
     * the next spare if there are more, because a handler may keep it. A spare that is done takes the next packet without
     * having been called. So a burst of packets whose handlers are quick costs one wake-up or two, and one whose handlers
     * block gets a spare for each. Nothing waits while a spare is parked: who offers a packet and finds a search under way
     * leaves it to that search, which looks again after it has ended; who parks a spare, its own thread or one that had
     * reserved it for something else, looks again after that; and who calls and finds nobody looks, after he has ended the
     * search that he began, whether somebody has parked meanwhile. A thread that ends counts until it has ended, so a packet
     * that came then may have found no room for a new one: it looks too. Threads are made also after the port was closed: the
     * packets of a shard that was leaked may come later still. Such a thread ends when it has nothing more to do.
     */

    /*
     * The bound may change while all this goes on. Raised: whoever raised it calls for work afterwards, and a shard that waits with
     * its handler gets a spare at the monitor's next look. Lowered: spares that are too many end as soon as they are parked and the
     * kernel has let go of their requests; nobody is interrupted. Lowered to the shards alone, so that there is no spare at all: whoever
     * has read the old bound may still offer a packet, after the last spare has ended, and nobody would come for it. So for packets
     * that wait already there may always be one spare; it ends when it is done with them, and no other packet gets to it, because
     * runElsewhere refuses from then on.
     */

    /** Sees to it that packets that wait get a spare. */
    private void callForWork() {
        while (!waiting.isEmpty() && searching.compareAndSet(false, true)) {
            Worker spare = reserve(Math.max(most, shards + 1));
            if (spare != null) {
                spare.send(WORK);
                return;
            }
            searching.set(false);
            if (parkedCount() == 0) {
                return; // all have work, and look for more before they park
            }
        }
    }

    /** Runs packets that wait, on a spare that was called. */
    void work(Worker spare) {
        boolean searches = true;
        while (true) {
            Errand.Run next = waiting.poll();
            if (next != null) {
                if (searches) {
                    searches = false;
                    searching.set(false);
                }
                callForWork();
                spare.run(next);
                back();
            } else if (!searches) {
                return;
            } else {
                searching.set(false);
                if (waiting.isEmpty() || !searching.compareAndSet(false, true)) {
                    return;
                }
            }
        }
    }

    /** Whether the caller runs a handler of this port, or works for it. */
    boolean isOwnThread() {
        return Thread.currentThread() instanceof Worker worker ? worker.isOf(this) : HANDLER_OF.get() == this;
    }

    /** Whether a spare without work may end: its time is over or it is one too many, it is still parked, and the kernel has nothing of it. */
    boolean mayRetire(Worker spare, boolean late) {
        synchronized (this) {
            if (!late && !closed && all.size() - retiring <= most) {
                return false;
            }
            boolean retires = (closed || !kernelHoldsRequestsOf.test(spare.number())) && parked.remove(spare);
            if (retires) {
                retiring++;
            }
            return retires;
        }
    }

    // ---- the bound

    /** How many threads there may be. */
    int most() {
        return most;
    }

    /** Changes how many threads there may be, at least as many as shards. Thread: any. */
    void most(int threads) {
        synchronized (this) {
            most = threads;
            if (all.size() > threads) {
                parked.forEach(LockSupport::unpark); // they look whether they may end
            }
        }
        callForWork();
    }

    // ---- the end

    /** A worker has served its shard to the end. */
    synchronized void shardEnded() {
        shardsHeld--;
        notifyAll();
    }

    /** @param retired as {@link #mayRetire} had said that it may */
    void ended(Worker worker, boolean retired) {
        synchronized (this) {
            forget(worker);
            if (retired) {
                retiring--;
            }
        }
        callForWork();
    }

    /** No handler runs on a thread without a shard. */
    boolean isQuiet() {
        return away.get() == 0 && onVirtualThreads() == 0;
    }

    private int onVirtualThreads() {
        return mostVirtualThreads - virtualThreads.availablePermits();
    }

    /** Waits for the shards to end; false if the time was not enough. */
    synchronized boolean awaitHolders(long deadlineNanos) throws InterruptedException {
        while (shardsHeld > 0) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Lets the parked spares end. */
    synchronized void dismiss() {
        closed = true;
        parked.forEach(LockSupport::unpark);
    }

    // ---- gauges

    synchronized List<Worker> all() {
        return List.copyOf(all);
    }

    /** The worker with this number; null if there is none now. */
    @Nullable
    synchronized Worker byNumber(int number) {
        for (Worker worker : all) {
            if (worker.number() == number) {
                return worker;
            }
        }
        return null;
    }

    synchronized boolean isParked(Worker worker) {
        return parked.contains(worker);
    }

    /** Every thread, and what it has done. */
    synchronized List<WorkerStats> stats() {
        List<WorkerStats> result = new ArrayList<>();
        for (Worker worker : all) {
            String state = parked.contains(worker) ? "parked" : worker.isAway() ? "blocked" : "starting";
            result.add(WorkerStats.of(worker.number(), worker.getName(), state, worker.counters));
        }
        return result;
    }

    /** Packets that wait for a spare. */
    int waiting() {
        return waiting.size();
    }

    synchronized int parkedCount() {
        return parked.size();
    }

    /** Threads that handlers keep without a shard. */
    synchronized int awayCount() {
        return onVirtualThreads() + (int) all.stream().filter(Worker::isAway).count();
    }

    /** Counters of all workers, those that have ended included. */
    synchronized List<Counters> counters() {
        List<Counters> result = new ArrayList<>();
        result.add(ofEnded);
        all.forEach(w -> result.add(w.counters));
        return result;
    }
}
