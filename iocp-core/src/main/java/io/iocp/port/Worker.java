package io.iocp.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of the port: holds a shard and serves it until its handler blocks, or is a spare that waits for an {@link Errand}.
 * A platform thread, because a ring's requests complete in the context of the thread that submitted them.
 */
final class Worker extends Thread {
    private static final Logger LOG = System.getLogger(Worker.class.getName());

    /** No word of a shard: 0 is one, that of worker 0 before its shard has run any packet. */
    private static final long NO_HANDLER = -1;

    private final int number;
    private final Workers workers;
    final Counters counters = new Counters();
    final EndedStarts endedStarts = new EndedStarts();
    final WorkerClock clock = new WorkerClock();

    // Only this thread touches the next three.

    /** The shard that it holds, or has lost without having found out; null while it is a spare. */
    @Nullable
    Shard shard;

    /** The shard's word while a handler runs, with which it comes back into the library. */
    long handlerWord = NO_HANDLER;

    boolean inLibrary = true;

    /** Null until the thread has begun. */
    private volatile @Nullable ThreadProbe probe;

    /** Who has taken its shard, or tries to; one is left while its handler has not returned. */
    private final AtomicInteger takers = new AtomicInteger();

    /** Runs a packet of a handler that says that it blocks. */
    private volatile boolean onErrand;

    @Nullable
    private volatile Errand errand;

    Worker(int number, Workers workers, String name) {
        super(name);
        this.number = number;
        this.workers = workers;
        setDaemon(true);
    }

    /** Unique among the workers of the port that live; used again when it has ended. */
    int number() {
        return number;
    }

    void hold(Shard newShard) {
        shard = newShard;
        inLibrary = true;
    }

    /** It has found out that its shard was taken. */
    void lose() {
        shard = null;
        inLibrary = true;
    }

    /** Whether this is the caller's own thread, in library code, on the shard that it holds. */
    boolean holdsInLibrary(Shard candidate) {
        return shard == candidate && inLibrary;
    }

    boolean isOf(Workers candidate) {
        return workers == candidate;
    }

    /** Whoever is about to take its shard says so. */
    void keep() {
        takers.incrementAndGet();
    }

    /** Its shard was not taken after all, or its handler has returned. */
    void unkeep() {
        takers.decrementAndGet();
    }

    /** Whether a handler still keeps it, without its shard. */
    boolean isKept() {
        return takers.get() > 0;
    }

    /** Whether it runs a handler without holding a shard: kept by one, or on the errand of running one. */
    boolean isAway() {
        return isKept() || onErrand;
    }

    /** How to find out whether it sleeps; null if it has not begun. Thread: any. */
    @Nullable
    ThreadProbe probe() {
        return probe;
    }

    void send(Errand newErrand) {
        errand = newErrand;
        LockSupport.unpark(this);
    }

    @Override
    public void run() {
        ThreadProbe own = ThreadProbe.ofCurrent();
        probe = own;
        boolean retires = false;
        try {
            for (Errand next = await(); next != null; next = await()) {
                if (perform(next)) {
                    return;
                }
                workers.release(this);
            }
            retires = true;
        } finally {
            own.close();
            workers.ended(this, retires);
        }
    }

    /** What it is to do next; null if it is to end. */
    @Nullable
    private Errand await() {
        long idleUntil = System.nanoTime() + workers.idleNanos();
        while (true) {
            Errand next = errand;
            if (next != null) {
                errand = null;
                return next;
            }
            // A permit that a handler left behind ends one park at once; that is no reason to retire.
            long left = idleUntil - System.nanoTime();
            if (workers.mayRetire(this, left <= 0)) {
                return null;
            }
            if (left <= 0) {
                // The kernel has requests of this thread, or somebody is about to send it on an errand.
                left = workers.lingerNanos();
            }
            LockSupport.parkNanos(workers, left);
            Thread.interrupted(); // whoever's that is: a flag left set would end every park at once
        }
    }

    /** True if it served a shard until its end. */
    private boolean perform(Errand next) {
        try {
            switch (next) {
                case Errand.Serve serve -> {
                    boolean ended = serve.shard().serve(this);
                    if (ended) {
                        workers.shardEnded();
                    } else {
                        unkeep();
                        workers.back();
                    }
                    return ended;
                }
                case Errand.Work _ -> workers.work(this);
            }
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, getName() + ": failed outside of a handler, going on", e);
        }
        return false;
    }

    /** Runs a packet of a handler that says that it blocks. */
    void run(Errand.Run packet) {
        onErrand = true;
        try {
            packet.run(workers.runner(), clock);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, getName() + ": a packet failed outside of its handler, going on", e);
        } finally {
            onErrand = false;
        }
    }
}
