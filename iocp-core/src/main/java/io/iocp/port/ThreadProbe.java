package io.iocp.port;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether a thread sleeps: the JVM, and where it can be asked the kernel, which also knows of threads inside a blocking
 * native call. The kernel's answer is kept open after the first question, so that another costs one read.
 *
 * <p>Thread: made by the thread that it probes; asked by any.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
final class ThreadProbe implements AutoCloseable {
    private static final Path OWN = Path.of("/proc/thread-self");
    /** The number, the name (at most 64 bytes for any kernel) in brackets and the letter behind them. */
    private static final int MOST_BYTES = 128;

    private static final int MOST_LOOKS = 200;
    private static final long LOOK_NANOS = 1_000_000;
    private static final char UNKNOWN = '?';

    private final Thread thread;

    /** The kernel's line on the thread; null for a virtual thread, and where there is no /proc. */
    private final @Nullable Path stat;

    private final byte[] line = new byte[MOST_BYTES];

    private @Nullable RandomAccessFile file;
    private boolean closed;

    private ThreadProbe(Thread thread, @Nullable Path stat) {
        this.thread = thread;
        this.stat = stat;
    }

    static ThreadProbe ofCurrent() {
        Thread current = Thread.currentThread();
        return new ThreadProbe(current, current.isVirtual() || !Kernel.TELLS ? null : statOfCurrent());
    }

    /** Whether /proc tells the truth here: R for a thread that runs, S for one that waits. Not so in every sandbox. */
    private static final class Kernel {
        static final boolean TELLS = runningShows() && waitingShows();
    }

    private static boolean runningShows() {
        try (ThreadProbe own = new ThreadProbe(Thread.currentThread(), statOfCurrent())) {
            return own.state() == 'R';
        }
    }

    private static boolean waitingShows() {
        AtomicReference<ThreadProbe> waiting = new AtomicReference<>();
        Thread parked = Thread.ofPlatform().daemon().name("iocp-self-test").start(() -> {
            waiting.set(new ThreadProbe(Thread.currentThread(), statOfCurrent()));
            while (!Thread.interrupted()) {
                LockSupport.park(waiting);
            }
        });
        boolean interrupted = false;
        boolean shows = false;
        for (int i = 0; i < MOST_LOOKS && !shows; i++) {
            LockSupport.parkNanos(LOOK_NANOS);
            interrupted |= Thread.interrupted(); // the caller's business: kept for it
            ThreadProbe probe = waiting.get();
            shows = probe != null && probe.state() == 'S';
        }
        parked.interrupt();
        ThreadProbe probe = waiting.get();
        if (probe != null) {
            probe.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return shows;
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
        char state = state();
        return state == 'S' || state == 'D';
    }

    /** Whether neither the JVM nor the kernel says that it sleeps. */
    boolean isRunning() {
        return !isWaiting() && !isAsleep();
    }

    /** Whether it sleeps in a way that no signal ends, for a disk as a rule: nothing is done in its context meanwhile. */
    boolean isAsleepForGood() {
        return state() == 'D';
    }

    private synchronized char state() {
        if (stat == null || closed) {
            return UNKNOWN;
        }
        try {
            RandomAccessFile open = file;
            if (open == null) {
                open = new RandomAccessFile(stat.toFile(), "r");
                file = open;
            }
            open.seek(0);
            int length = open.read(line);
            // The name in brackets may contain anything; the state is the letter behind the last bracket.
            int end = length - 1;
            while (end >= 0 && line[end] != ')') {
                end--;
            }
            return end >= 0 && end + 2 < length ? (char) line[end + 2] : UNKNOWN;
        } catch (FileNotFoundException gone) {
            return UNKNOWN;
        } catch (IOException gone) {
            close();
            return UNKNOWN;
        }
    }

    /** Gives the descriptor back; the kernel is not asked any more. */
    @Override
    public synchronized void close() {
        closed = true;
        RandomAccessFile open = file;
        file = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                return; // it was only read from
            }
        }
    }
}
