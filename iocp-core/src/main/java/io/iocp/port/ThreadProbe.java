package io.iocp.port;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether a thread sleeps: the JVM, and where it can be asked the kernel, which also knows of threads inside a blocking
 * native call.
 *
 * <p>Thread: made by the thread that it probes; asked by any.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
final class ThreadProbe {
    private static final Path OWN = Path.of("/proc/thread-self");

    private final Thread thread;

    /** The kernel's line on the thread; null for a virtual thread, and where there is no /proc. */
    private final @Nullable Path stat;

    private ThreadProbe(Thread thread, @Nullable Path stat) {
        this.thread = thread;
        this.stat = stat;
    }

    static ThreadProbe ofCurrent() {
        Thread current = Thread.currentThread();
        return new ThreadProbe(current, current.isVirtual() ? null : statOfCurrent());
    }

    private static @Nullable Path statOfCurrent() {
        try {
            // "4711/task/4712", whatever the process is called from inside its container.
            Path task = Files.readSymbolicLink(OWN).getFileName();
            Path stat = Path.of("/proc/self/task", task.toString(), "stat");
            return Files.isReadable(stat) ? stat : null;
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    /** Whether the JVM knows that it waits: for a lock, a condition, a time. */
    boolean isWaiting() {
        return switch (thread.getState()) {
            case BLOCKED, WAITING, TIMED_WAITING -> true;
            case NEW, RUNNABLE, TERMINATED -> false;
        };
    }

    /**
     * Whether it sleeps in the kernel at this moment, in a blocking native call for one, or because the JVM has stopped it;
     * false where the kernel cannot be asked.
     */
    boolean isAsleep() {
        if (stat == null) {
            return false;
        }
        try {
            String line = Files.readString(stat);
            // The name in brackets may contain anything; the state is the letter behind the last bracket.
            int end = line.lastIndexOf(')');
            char state = end >= 0 && end + 2 < line.length() ? line.charAt(end + 2) : 'R';
            return state == 'S' || state == 'D';
        } catch (IOException e) {
            // The thread is gone.
            return false;
        }
    }
}
