package io.iocp.engine;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that wait for file systems, so that loops need not: at most a few for all loops of a port, started when there is
 * work for them and ended after ten seconds without. Daemons; nobody interrupts them, because an interrupt would close the
 * channel.
 *
 * <p>Bound: what waits for a thread is in flight, and so bounded by the port's admission; what was cancelled does not wait.
 * Thread: any.
 */
public final class FileThreads {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();

    // Under the lock.
    private final Set<Runnable> waiting = new LinkedHashSet<>();
    private int threads;
    private int idle;
    private int started;

    /** @param most how many threads at most */
    public FileThreads(int most) {
        this.most = most;
    }

    /**
     * Has a task run by one of the threads, in turn.
     *
     * @throws OutOfMemoryError if it has no thread and none can be started; the task will not run
     */
    public void execute(Runnable task) {
        lock.lock();
        try {
            waiting.add(task);
            if (idle >= waiting.size()) {
                work.signal();
            } else if (threads < most) {
                startThread(task);
            }
        } finally {
            lock.unlock();
        }
    }

    private void startThread(Runnable task) {
        threads++;
        try {
            Thread.ofPlatform().daemon().name("iocp-file-" + started++).start(this::work);
        } catch (OutOfMemoryError e) {
            threads--;
            if (threads == 0) {
                waiting.remove(task);
                throw e;
            }
        }
    }

    /** Takes a task back; false if a thread has it already. */
    public boolean remove(Runnable task) {
        lock.lock();
        try {
            return waiting.remove(task);
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        for (Runnable task = next(); task != null; task = next()) {
            task.run();
        }
    }

    /** The task that has waited longest; null when there was none for so long that this thread is to end. */
    private @Nullable Runnable next() {
        lock.lock();
        try {
            long left = IDLE_NANOS;
            while (waiting.isEmpty()) {
                if (left <= 0) {
                    threads--;
                    return null;
                }
                idle++;
                try {
                    left = work.awaitNanos(left);
                } catch (InterruptedException e) {
                    left = IDLE_NANOS; // nobody's business: the flag is cleared, and the channels live
                } finally {
                    idle--;
                }
            }
            Iterator<Runnable> oldest = waiting.iterator();
            Runnable task = oldest.next();
            oldest.remove();
            return task;
        } finally {
            lock.unlock();
        }
    }
}
