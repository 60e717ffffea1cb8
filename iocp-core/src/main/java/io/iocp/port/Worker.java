package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread of the port: holds a shard and serves it, or is a spare that runs one packet of a handler that blocks. A platform
 * thread, because a ring's requests complete in the context of the thread that submitted them.
 */
final class Worker extends Thread {
    private static final Logger LOG = System.getLogger(Worker.class.getName());

    /** What a spare is to run. */
    record Errand(
            Shard shard, Operation operation, @Nullable LeasedBuffer lease) {}

    private final int number;
    private final Workers workers;
    final Counters counters = new Counters();

    // Only this thread touches the next three.
    @Nullable
    Shard shard;

    long handlerWord;
    boolean inLibrary = true;

    @Nullable
    private volatile Errand errand;

    Worker(int number, Workers workers, String name) {
        super(name);
        this.number = number;
        this.workers = workers;
        setDaemon(true);
    }

    int number() {
        return number;
    }

    void hold(Shard newShard) {
        shard = newShard;
        inLibrary = true;
    }

    /** Whether this is the caller's own thread, in library code, on the shard that it holds. */
    boolean holdsInLibrary(Shard candidate) {
        return shard == candidate && inLibrary;
    }

    boolean isOf(Workers candidate) {
        return workers == candidate;
    }

    void send(Errand newErrand) {
        errand = newErrand;
        LockSupport.unpark(this);
    }

    @Override
    public void run() {
        try {
            Shard first = shard;
            if (first != null) {
                first.serve(this);
            } else {
                serveAsSpare();
            }
        } finally {
            workers.ended(this);
        }
    }

    private void serveAsSpare() {
        long idleUntil = System.nanoTime() + Workers.IDLE_NANOS;
        while (true) {
            Errand next = errand;
            if (next == null) {
                // A permit that a handler left behind ends one park at once; that is no reason to retire.
                long left = idleUntil - System.nanoTime();
                if (workers.mayRetire(this, left <= 0)) {
                    return;
                }
                LockSupport.parkNanos(workers, left);
                Thread.interrupted(); // whoever's that is: a flag left set would end every park at once
                continue;
            }
            errand = null;
            try {
                run(next);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, getName() + ": a packet failed outside of its handler, going on", e);
            }
            workers.park(this);
            idleUntil = System.nanoTime() + Workers.IDLE_NANOS;
        }
    }

    private void run(Errand next) {
        Operation operation = next.operation();
        Endpoint endpoint = operation.endpoint;
        LeasedBuffer lease = next.lease();
        boolean fine = false;
        try {
            fine = workers.runner().run(operation);
        } finally {
            Thread.interrupted();
            if (!fine) {
                counters.count(Counters.Count.HANDLER_FAILURES, 1);
            }
            if (endpoint != null) {
                next.shard().command(s -> s.handlerDone(endpoint));
            }
            if (lease != null && !Shard.giveBack(lease)) {
                counters.count(Counters.Count.HANDLER_FAILURES, 1);
            }
        }
    }
}
