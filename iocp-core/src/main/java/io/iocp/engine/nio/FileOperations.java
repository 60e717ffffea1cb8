package io.iocp.engine.nio;

import io.iocp.engine.FileChannels;
import io.iocp.engine.FileThreads;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileRead;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The file operations of one loop: given to the threads that may wait, and reported when those are done.
 *
 * <p>Thread: shard holder, but for {@link #finished}.
 */
final class FileOperations {
    /*
     * Ending once. A task is reported when it is found in `done`, and it gets there once: a thread puts it there that
     * has run it, or the cancel that took it back before a thread had it; FileThreads gives it to one of them only.
     *
     * Wake-up. Who finishes a task offers it first, then wakes the selector. The loop looks at `done` before each
     * select: either it sees the task, or the selector has the wake-up and the select returns at once.
     */
    private final FileThreads threads;
    private final Readiness readiness;
    private final Completions completions;
    private final IdentityHashMap<Operation, FileTask> tasks = new IdentityHashMap<>();
    private final ConcurrentLinkedQueue<FileTask> done = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<FileTask> ended = new ArrayDeque<>();

    FileOperations(FileThreads threads, Readiness readiness, Completions completions) {
        this.threads = threads;
        this.readiness = readiness;
        this.completions = completions;
    }

    void submit(FileOperation operation) {
        FileTask task = new FileTask(operation, channels(operation), this);
        tasks.put(operation, task);
        operation.engineTag = Completions.SUBMITTED;
        try {
            threads.execute(task);
        } catch (OutOfMemoryError e) {
            task.status = Status.RESOURCE_LIMIT;
            done.add(task);
        }
    }

    private static FileChannels channels(FileOperation operation) {
        FileChannel channel = operation instanceof FileRead read ? read.channel() : null;
        if (channel != null) {
            return FileChannels.of(channel);
        }
        return ((NioFile) Objects.requireNonNull(operation.endpoint, "an operation of an engine has an endpoint"))
                .channels;
    }

    void cancel(FileOperation operation) {
        FileTask task = tasks.get(operation);
        if (task == null) {
            return;
        }
        if (threads.remove(task)) {
            task.status = Status.CANCELLED;
            done.add(task);
        } else {
            task.askToCancel();
        }
    }

    /** Thread: any. */
    void finished(FileTask task) {
        done.add(task);
        readiness.wakeup();
    }

    boolean hasFinished() {
        return !done.isEmpty();
    }

    /** Reports what was finished by now. */
    void report() {
        for (FileTask task = done.poll(); task != null; task = done.poll()) {
            ended.add(task); // a report may submit, and that be done at once: not in this round
        }
        for (FileTask task = ended.poll(); task != null; task = ended.poll()) {
            tasks.remove(task.operation);
            completions.completed(task);
        }
    }
}
