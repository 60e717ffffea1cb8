package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.HandOverCause;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import io.iocp.operation.Stream;
import io.iocp.port.Counters.Count;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Takes the ready packets of one shard, and the port's posts, to whoever is to have them: the handler, on this worker or on a
 * spare; the queue that the user's threads take from; a future.
 *
 * <p>Thread: shard holder, which may have lost the shard when a handler has returned: see {@link Shard}.
 *
 * <p>Next: {@link PacketRunner#run}.
 */
final class Delivery {
    private static final Logger LOG = System.getLogger(Delivery.class.getName());

    /**
     * A packet whose handler keeps a worker.
     *
     * @param declared the handler has said that it blocks
     */
    record Kept(Operation operation, @Nullable Endpoint endpoint, boolean declared) {
        HandOverCause cause(HandOverCause found) {
            return found == HandOverCause.ASLEEP && declared ? HandOverCause.DECLARED : found;
        }
    }

    private final Shard shard;
    private final PortCore port;
    private final int budgetOfTurn;
    private final Flow flow;
    private final ReadyQueue ready;
    private final ShardWord word;

    // What the handler was given that runs or ran last. Written by the holder before it enters the handler, and read by
    // whoever has taken the shard from it; the operation is the handler's meanwhile, so only what never changes of it
    // may be read.
    @Nullable
    private Endpoint running;

    @Nullable
    private Operation runningOperation;

    /** Its handler has said that it blocks. */
    private boolean runningDeclared;

    Delivery(Shard shard, PortCore port, Flow flow, ReadyQueue ready, ShardWord word) {
        this.shard = shard;
        this.port = port;
        this.budgetOfTurn = port.settings().readyBudget();
        this.flow = flow;
        this.ready = ready;
        this.word = word;
    }

    /** Runs packets that were ready at this moment, up to the budget. Next: {@link PacketRunner#run}. */
    void runReady(Worker worker) {
        worker.clock.forget();
        for (int budget = budgetOfTurn; budget > 0 && worker.shard == shard; budget--) {
            Operation operation = ready.poll();
            if (operation == null) {
                return;
            }
            if (!port.hasNoPosts() && !port.sleepers().isEmpty()) {
                port.sleepers().wakeOne();
            }
            deliver(worker, operation);
        }
    }

    /** Runs posts, each taken just before it runs, so that another worker may take the next. */
    void runPosts(Worker worker) {
        for (int budget = budgetOfTurn; budget > 0 && worker.shard == shard; budget--) {
            Post post = port.pollPost();
            if (post == null) {
                return;
            }
            worker.counters.started(post.kind());
            worker.counters.completed(post.kind(), post.status);
            worker.counters.count(Count.POSTS_RUN, 1);
            post.deliverFromPort();
            run(worker, post, null);
        }
    }

    private void deliver(Worker worker, Operation operation) {
        Endpoint endpoint = operation.endpoint;
        if (endpoint != null && endpoint.busy && !operation.toFuture) {
            endpoint.hold(operation);
            return;
        }
        PacketQueue queue = port.packets();
        if (queue != null && !operation.toFuture) {
            flow.handedOver(operation);
            queue.enqueue(operation);
            return;
        }
        if (!handOut(operation)) {
            return;
        }
        if (operation.toFuture) {
            runForFuture(worker, operation);
        } else {
            run(worker, operation, operation.lease);
        }
    }

    /** Sets the results that the packet shows, and counts it; false if there is nothing to deliver after all. */
    private boolean handOut(Operation operation) {
        Stream stream = operation.stream();
        if (stream == null || operation.isCompleted()) {
            // A continuous operation is completed here if it ended before its turn came; it has nothing stashed.
            flow.handedOver(operation);
            operation.deliver();
        } else if (!flow.prepare(stream)) {
            return false;
        } else if (operation.more) {
            flow.delivered(operation);
        } else {
            flow.handedOver(operation);
            operation.deliver();
        }
        return true;
    }

    /** Its buffer stays with it, and what it runs keeps no other packet waiting: see {@link #run} for those. */
    private void runForFuture(Worker worker, Operation operation) {
        port.runner().prepare(operation);
        runningDeclared = false;
        runHere(worker, operation, null, null);
    }

    private void run(Worker worker, Operation operation, @Nullable LeasedBuffer lease) {
        PacketRunner runner = port.runner();
        runner.prepare(operation);
        Endpoint endpoint = operation.endpoint; // read now: once the handler has it, it may be in flight somewhere else
        boolean declared = runner.isBlocking(operation);
        if (declared) {
            worker.clock.forget();
            if (port.workers().runElsewhere(shard, operation, lease)) {
                if (endpoint != null) {
                    endpoint.busy = true;
                }
                return;
            }
            shard.flush();
        }
        runningDeclared = declared;
        runHere(worker, operation, endpoint, lease);
    }

    /** @param endpoint whose other packets wait for this one; null for none */
    private void runHere(
            Worker worker, Operation operation, @Nullable Endpoint endpoint, @Nullable LeasedBuffer lease) {
        PacketRunner runner = port.runner();
        running = endpoint;
        runningOperation = operation.toFuture ? null : operation;
        worker.inLibrary = false;
        worker.endedStarts.begin();
        long mine = word.enterHandler(worker);
        worker.handlerWord = mine;
        boolean fine = false;
        try {
            fine = runner.run(operation, worker.clock);
        } finally {
            boolean lost = !word.leaveHandler(mine);
            if (lost) {
                worker.lose();
            } else {
                worker.inLibrary = true;
            }
            if (worker.isInterrupted()) {
                // A flag left set would make every later wait return at once and close channels (Engines: nio).
                Thread.interrupted();
            }
            if (!fine) {
                worker.counters.count(Count.HANDLER_FAILURES, 1);
            }
            if (lease != null && !giveBack(lease)) {
                worker.counters.count(Count.HANDLER_FAILURES, 1);
            }
            int released = worker.endedStarts.giveBack();
            if (released > 0) {
                worker.counters.count(Count.HANDLER_FAILURES, released);
            }
            if (lost && endpoint != null) {
                shard.command(s -> s.delivery().handlerDone(endpoint));
            }
        }
    }

    /** Ends the library's own lease; false if the handler has ended it already, which only it can have done. */
    static boolean giveBack(LeasedBuffer lease) {
        try {
            lease.release();
            return true;
        } catch (IllegalStateException e) {
            LOG.log(Level.ERROR, "a handler released a buffer that it had not retained", e);
            return false;
        }
    }

    /** Runs a packet of a shard that has ended. Thread: any. */
    void runLate(Operation operation) {
        Endpoint endpoint = operation.endpoint;
        if (endpoint != null && endpoint.busy && !operation.toFuture) {
            endpoint.hold(operation);
            return;
        }
        if (handOut(operation)) {
            LeasedBuffer lease = operation.toFuture ? null : operation.lease;
            port.runner().prepare(operation);
            port.runner().run(operation, new WorkerClock());
            if (lease != null) {
                giveBack(lease);
            }
        }
    }

    /** A handler that ran on another worker is done with this endpoint: its packets go on. */
    void handlerDone(Endpoint endpoint) {
        endpoint.busy = false;
        // In front: packets of the same endpoint that came later may still be in the queue, beyond the budget.
        ready.addFirst(endpoint.takeHeld());
    }

    // ---- changing hands

    /** A worker begins to hold the shard, perhaps after one whose handler keeps it: that handler's handle is busy. */
    void begin() {
        Endpoint kept = running;
        if (kept != null) {
            // The handler that keeps the last holder: packets of its handle wait for "handler done".
            kept.busy = true;
            running = null;
        }
    }

    /** What keeps the worker that the shard was taken from; null for a future, whose dependents are nobody's handler. */
    @Nullable
    Kept kept() {
        Operation operation = runningOperation;
        return operation == null ? null : new Kept(operation, running, runningDeclared);
    }
}
