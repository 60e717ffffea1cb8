package io.iocp.engine.uring;

import io.iocp.engine.FileThreads;
import io.iocp.linux.Libc;
import java.util.function.Supplier;

/**
 * What all loops of an engine share for work that may wait.
 *
 * @param threads who does it
 * @param libcs makes the system calls of such a thread
 */
record Helpers(FileThreads threads, Supplier<Libc> libcs) {
    /** They wait for a disk most of the time: a few keep it busy. */
    private static final int MOST_THREADS = 4;

    static Helpers of(Supplier<Libc> libcs) {
        return new Helpers(new FileThreads(MOST_THREADS), libcs);
    }
}
