package io.iocp.port;

import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a port: one for each shard, and up to the port's bound spares that run the packets of handlers which say
 * that they block. Spares are made when needed, parked last in first out, and end after 30 seconds without work.
 *
 * <p>Thread: any; a lock guards the lists, taken only when a packet goes to a spare or a spare comes back.
 */
final class Workers {
    static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final String name;
    private final int most;
    private final PacketRunner runner;
    private final Runnable spareDone;
    private final List<Worker> all = new ArrayList<>();
    private final Deque<Worker> parked = new ArrayDeque<>();
    private final List<Counters> retired = new ArrayList<>();
    private final AtomicInteger away = new AtomicInteger();
    private int made;
    private boolean closed;

    /** @param spareDone called when a spare has finished a packet */
    Workers(String name, int most, PacketRunner runner, Runnable spareDone) {
        this.name = name;
        this.spareDone = spareDone;
        this.most = most;
        this.runner = runner;
    }

    PacketRunner runner() {
        return runner;
    }

    synchronized void startHolder(Shard shard) {
        Worker worker = make();
        worker.hold(shard);
        worker.start();
    }

    private Worker make() {
        int number = made++;
        Worker worker = new Worker(number & 0xffff, this, "iocp-" + name + "-worker-" + number);
        all.add(worker);
        return worker;
    }

    /**
     * Gives a packet to a spare.
     *
     * @return false if there is none left: the caller then runs it itself
     */
    boolean runElsewhere(Shard shard, Operation operation, @Nullable LeasedBuffer lease) {
        Worker spare;
        boolean fresh = false;
        synchronized (this) {
            spare = parked.pollLast();
            if (spare == null) {
                if (all.size() >= most || closed) {
                    return false;
                }
                spare = make();
                fresh = true;
            }
            away.incrementAndGet();
        }
        if (fresh) {
            try {
                spare.start();
            } catch (OutOfMemoryError e) {
                // The system has no thread left: that is the same as no spare.
                synchronized (this) {
                    all.remove(spare);
                }
                away.decrementAndGet();
                return false;
            }
        }
        spare.send(new Worker.Errand(shard, operation, lease));
        return true;
    }

    void park(Worker spare) {
        synchronized (this) {
            parked.addLast(spare);
        }
        away.decrementAndGet();
        spareDone.run();
    }

    /** Whether a spare without work may end: its time is over, and it is still parked, so nobody has given it any. */
    synchronized boolean mayRetire(Worker spare, boolean late) {
        return (late || closed) && parked.remove(spare);
    }

    synchronized void ended(Worker worker) {
        if (all.remove(worker)) {
            retired.add(worker.counters);
        }
        notifyAll();
    }

    /** No packet runs on a spare. */
    boolean isQuiet() {
        return away.get() == 0;
    }

    /** Waits for the workers that hold shards to end; false if the time was not enough. */
    synchronized boolean awaitHolders(long deadlineNanos) throws InterruptedException {
        while (all.stream().anyMatch(w -> w.shard != null)) {
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

    synchronized int count() {
        return all.size();
    }

    synchronized int parkedCount() {
        return parked.size();
    }

    int awayCount() {
        return away.get();
    }

    /** Counters of all workers, those that have ended included. */
    synchronized List<Counters> counters() {
        List<Counters> result = new ArrayList<>(retired);
        all.forEach(w -> result.add(w.counters));
        return result;
    }
}
