package io.iocp.engine.nio;

import io.iocp.engine.FileThreads;
import io.iocp.operation.Operation;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import java.nio.channels.SelectionKey;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The sends from files of one loop: given to the threads that may wait for a disk, and between two runs to the selector, which
 * waits for the socket.
 *
 * <p>Thread: shard holder, but for {@link #finished}.
 */
final class FileSends {
    /*
     * As FileOperations: a task is in `done` once, and the loop looks there before each select. While a thread has a
     * send nobody else touches its operation but to ask that thread to stop, so neither the file nor the socket's descriptor
     * is let go of under it. Not the holder itself: an interrupt would close the channel that it is in.
     */
    private final FileThreads threads;
    private final Readiness readiness;
    private final Completions completions;
    private final IdentityHashMap<Operation, FileSendTask> tasks = new IdentityHashMap<>();
    private final ConcurrentLinkedQueue<FileSendTask> done = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<FileSendTask> ended = new ArrayDeque<>();

    FileSends(FileThreads threads, Readiness readiness, Completions completions) {
        this.threads = threads;
        this.readiness = readiness;
        this.completions = completions;
    }

    /** Its turn has come, or the socket has room again. */
    void perform(SendFile send, NioSocket socket) {
        socket.unwatch(SelectionKey.OP_WRITE); // there is room: the selector would say so all the time
        send.engineTag = Completions.WITH_THREAD;
        FileSendTask task = new FileSendTask(send, socket, this);
        tasks.put(send, task);
        try {
            threads.execute(task);
        } catch (OutOfMemoryError e) {
            task.ended = Status.RESOURCE_LIMIT;
            done.add(task);
        }
    }

    /** It is with a thread, and is to end. */
    void cancel(Operation send) {
        FileSendTask task = tasks.get(send);
        if (task != null) {
            task.askToCancel();
            if (threads.remove(task)) {
                done.add(task);
            }
        }
    }

    /** Thread: any. */
    void finished(FileSendTask task) {
        done.add(task);
        readiness.wakeup();
    }

    boolean hasFinished() {
        return !done.isEmpty();
    }

    /** Reports what was finished by now, or goes on with it. */
    void report(ReadyOperations operations) {
        for (FileSendTask task = done.poll(); task != null; task = done.poll()) {
            ended.add(task); // a report may submit, and that be done at once: not in this round
        }
        for (FileSendTask task = ended.poll(); task != null; task = ended.poll()) {
            tasks.remove(task.send);
            task.socket.cursor.sentOfFile(task.sent);
            goOn(task, operations);
        }
    }

    private void goOn(FileSendTask task, ReadyOperations operations) {
        SendFile send = task.send;
        long sent = task.socket.cursor.sent();
        if (task.failure != null) {
            completions.failed(send, IoFailure.ofTransfer(task.failure), sent);
        } else if (task.ended != null) {
            completions.completed(send, task.ended, sent, 0);
        } else if (task.isCancelAsked()) {
            completions.completed(send, Status.CANCELLED, sent, 0);
        } else if (task.full) {
            send.engineTag = Completions.ARMED;
            operations.leaveToSelector(send, SelectionKey.OP_WRITE);
        } else {
            perform(send, task.socket);
        }
    }
}
