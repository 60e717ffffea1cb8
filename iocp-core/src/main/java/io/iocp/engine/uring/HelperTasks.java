package io.iocp.engine.uring;

import io.iocp.engine.FileFailure;
import io.iocp.engine.FileThreads;
import io.iocp.linux.Libc;
import io.iocp.operation.Status;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a loop has given to helper threads.
 *
 * <p>Thread: shard holder, but for {@link #finished} and {@link #newLibc}.
 */
final class HelperTasks {
    /*
     * Ending once. A task is reported when it is found in `done`, and it gets there once: a thread puts it there that has
     * run it, or the cancel that took it back before a thread had it. Until then its request is in its slot, so neither the
     * socket nor the file nor the memory is let go of, and the loop is not closed.
     *
     * Wake-up. Who finishes a task offers it first, then wakes the loop, whose eventfd stays readable: either the turn sees the
     * task, or its wait ends at once.
     */
    private final FileThreads threads;
    private final Supplier<Libc> libcs;
    private final WakeUp wakeUp;
    private final ConcurrentLinkedQueue<HelperTask> done = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<HelperTask> ended = new ArrayDeque<>();

    HelperTasks(FileThreads threads, Supplier<Libc> libcs, WakeUp wakeUp) {
        this.threads = threads;
        this.libcs = libcs;
        this.wakeUp = wakeUp;
    }

    HelperTask begin(Request request) {
        HelperTask task = new HelperTask(request, this);
        try {
            threads.execute(task);
        } catch (OutOfMemoryError e) {
            task.fail(new FileFailure(Status.RESOURCE_LIMIT, 0));
            done.add(task);
        }
        return task;
    }

    void cancel(HelperTask task) {
        task.askToCancel();
        if (threads.remove(task)) {
            task.status = Status.CANCELLED;
            done.add(task);
        }
    }

    /** Thread: any. */
    void finished(HelperTask task) {
        done.add(task);
        wakeUp.wake();
    }

    boolean hasFinished() {
        return !done.isEmpty();
    }

    /** Begins a round of {@link #next}: what is finished during it is for the next one. */
    void collect() {
        for (HelperTask task = done.poll(); task != null; task = done.poll()) {
            ended.add(task);
        }
    }

    @Nullable
    HelperTask next() {
        return ended.poll();
    }

    /** Thread: any. */
    Libc newLibc() {
        return libcs.get();
    }
}
