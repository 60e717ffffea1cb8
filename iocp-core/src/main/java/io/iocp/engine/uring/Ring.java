package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One io_uring instance: its descriptor, its mapped queues and the way into the kernel.
 *
 * <p>A ring may change its owner thread: it is set up without SINGLE_ISSUER and DEFER_TASKRUN. Whoever owns it both submits
 * and waits. With COOP_TASKRUN the kernel does not interrupt the owner to finish requests; TASKRUN_FLAG tells when it wants
 * to be entered for that.
 *
 * <p>Thread: shard holder.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/io_uring_setup.2.html">io_uring_setup(2)</a>
 */
final class Ring {
    private static final int BASE_FLAGS = UringAbi.SETUP_CQSIZE
            | UringAbi.SETUP_CLAMP
            | UringAbi.SETUP_SUBMIT_ALL
            | UringAbi.SETUP_COOP_TASKRUN
            | UringAbi.SETUP_TASKRUN_FLAG;

    /** Flags of newer kernels that are worth having, given up one after the other, last first. */
    private static final int[] OPTIONAL_FLAGS = {UringAbi.SETUP_NO_SQARRAY};

    /**
     * Kernel threads for requests that cannot be polled; sockets never need one, so this only bounds accidents.
     *
     * @see <a href="https://man7.org/linux/man-pages/man3/io_uring_register_iowq_max_workers.3.html">
     *     io_uring_register_iowq_max_workers(3)</a>
     */
    private static final int MAX_KERNEL_WORKERS = 4;

    private final Libc libc;
    private final int fd;
    private final int setupFlags;
    private final int features;
    private final long ringsAddress;
    private final long ringsBytes;
    private final long entriesAddress;
    private final long entriesBytes;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;

    /** A struct io_uring_getevents_arg that points to the timespec behind it; read by the kernel during enter only. */
    private final MemorySegment waitArgument =
            Arena.ofAuto().allocate(UringAbi.GETEVENTS_ARG_BYTES + UringAbi.TIMESPEC_BYTES, 8);

    private final long argumentAddress = waitArgument.address();
    private final long timespecAddress = argumentAddress + UringAbi.GETEVENTS_ARG_BYTES;

    private boolean open = true;

    /**
     * Sets up a ring.
     *
     * @throws LinuxException with the error of io_uring_setup or mmap
     */
    static Ring open(Libc libc, int submissionEntries, int completionEntries) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            long params = arena.allocate(UringAbi.PARAMS_BYTES, 8).address();
            int flags = BASE_FLAGS;
            for (int flag : OPTIONAL_FLAGS) {
                flags |= flag;
            }
            int fd = setup(libc, params, flags, submissionEntries, completionEntries);
            for (int i = OPTIONAL_FLAGS.length - 1; fd == -Errno.EINVAL && i >= 0; i--) {
                flags &= ~OPTIONAL_FLAGS[i];
                fd = setup(libc, params, flags, submissionEntries, completionEntries);
            }
            if (fd < 0) {
                throw new LinuxException("io_uring_setup", fd);
            }
            Ring ring;
            try {
                ring = new Ring(libc, fd, flags, params);
            } catch (LinuxException failure) {
                libc.close(fd);
                throw failure;
            }
            ring.limitKernelWorkers(arena);
            return ring;
        }
    }

    private static int setup(Libc libc, long params, int flags, int submissionEntries, int completionEntries) {
        for (int offset = 0; offset < UringAbi.PARAMS_BYTES; offset += Long.BYTES) {
            Memory.putLong(params + offset, 0);
        }
        Memory.putInt(params + UringAbi.PARAMS_FLAGS, flags);
        Memory.putInt(params + UringAbi.PARAMS_CQ_ENTRIES, completionEntries);
        return libc.ioUringSetup(submissionEntries, params);
    }

    private Ring(Libc libc, int fd, int setupFlags, long params) throws LinuxException {
        this.libc = libc;
        this.fd = fd;
        this.setupFlags = setupFlags;
        this.features = Memory.getInt(params + UringAbi.PARAMS_FEATURES);
        int sqEntries = Memory.getInt(params + UringAbi.PARAMS_SQ_ENTRIES);
        int cqEntries = Memory.getInt(params + UringAbi.PARAMS_CQ_ENTRIES);
        long sqArray = unsigned(params, UringAbi.PARAMS_SQ_ARRAY);
        boolean hasArray = (setupFlags & UringAbi.SETUP_NO_SQARRAY) == 0;
        if ((features & UringAbi.FEAT_SINGLE_MMAP) == 0) {
            throw new LinuxException("mapping both rings at once", -Errno.ENOSYS);
        }
        // One mapping holds both rings (FEAT_SINGLE_MMAP); it ends with the CQEs or with the array of SQE indices.
        this.ringsBytes = Math.max(
                unsigned(params, UringAbi.PARAMS_CQ_CQES) + (long) cqEntries * UringAbi.CQE_BYTES,
                hasArray ? sqArray + (long) sqEntries * Integer.BYTES : 0);
        this.entriesBytes = (long) sqEntries * UringAbi.SQE_BYTES;
        this.ringsAddress = map(libc, fd, ringsBytes, UringAbi.OFF_SQ_RING);
        long mapped;
        try {
            mapped = map(libc, fd, entriesBytes, UringAbi.OFF_SQES);
        } catch (LinuxException failure) {
            libc.munmap(ringsAddress, ringsBytes);
            throw failure;
        }
        this.entriesAddress = mapped;
        if (hasArray) {
            // Entry i of the queue is always SQE i, so the array is written once and never again.
            for (int i = 0; i < sqEntries; i++) {
                Memory.putInt(ringsAddress + sqArray + (long) i * Integer.BYTES, i);
            }
        }
        this.submissions = new SubmissionQueue(
                ringsAddress + unsigned(params, UringAbi.PARAMS_SQ_HEAD),
                ringsAddress + unsigned(params, UringAbi.PARAMS_SQ_TAIL),
                ringsAddress + unsigned(params, UringAbi.PARAMS_SQ_FLAGS),
                entriesAddress,
                sqEntries);
        this.completions = new CompletionQueue(
                ringsAddress + unsigned(params, UringAbi.PARAMS_CQ_HEAD),
                ringsAddress + unsigned(params, UringAbi.PARAMS_CQ_TAIL),
                ringsAddress + unsigned(params, UringAbi.PARAMS_CQ_OVERFLOW),
                ringsAddress + unsigned(params, UringAbi.PARAMS_CQ_CQES),
                cqEntries);
        for (int offset = 0; offset < UringAbi.GETEVENTS_ARG_BYTES; offset += Long.BYTES) {
            Memory.putLong(argumentAddress + offset, 0);
        }
        Memory.putLong(argumentAddress + UringAbi.GETEVENTS_ARG_TS, timespecAddress);
    }

    private static long unsigned(long params, int offset) {
        return Integer.toUnsignedLong(Memory.getInt(params + offset));
    }

    private static long map(Libc libc, int fd, long bytes, long offset) throws LinuxException {
        long address =
                libc.mmap(bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_POPULATE, fd, offset);
        if (address < 0) {
            throw new LinuxException("mmap of a ring", (int) address);
        }
        return address;
    }

    private void limitKernelWorkers(Arena arena) {
        long counts = arena.allocate(2 * Integer.BYTES, Integer.BYTES).address();
        Memory.putInt(counts, MAX_KERNEL_WORKERS);
        Memory.putInt(counts + Integer.BYTES, MAX_KERNEL_WORKERS);
        // A kernel that refuses keeps its own limit; nothing here depends on it.
        register(UringAbi.REGISTER_IOWQ_MAX_WORKERS, counts, 2);
    }

    SubmissionQueue submissions() {
        return submissions;
    }

    CompletionQueue completions() {
        return completions;
    }

    int features() {
        return features;
    }

    int setupFlags() {
        return setupFlags;
    }

    /** Memory that the kernel and this process share for the ring. */
    long mappedBytes() {
        return ringsBytes + entriesBytes;
    }

    /**
     * Hands written requests to the kernel without waiting. Returns how many it took or a negated error: EAGAIN and EBUSY
     * mean that completions should be reaped first, then tried again.
     */
    int submit() {
        int toSubmit = submissions.publish();
        return toSubmit == 0 ? 0 : retryInterrupted(toSubmit, 0, 0, 0, 0);
    }

    /**
     * Hands written requests to the kernel, and lets it finish what waits for that, without sleeping. No system call is made
     * if the kernel has nothing to do.
     */
    int submitAndPoll() {
        int toSubmit = submissions.publish();
        if (toSubmit == 0 && (submissions.flags() & (UringAbi.SQ_TASKRUN | UringAbi.SQ_CQ_OVERFLOW)) == 0) {
            return 0;
        }
        return retryInterrupted(toSubmit, 0, UringAbi.ENTER_GETEVENTS, 0, 0);
    }

    /**
     * Hands written requests to the kernel and sleeps until a completion is there, at most {@code timeoutNanos} (negative: as
     * long as it takes). Returns the number of requests taken or a negated error; ETIME and EINTR (a signal) come without a
     * completion and are the caller's to judge.
     */
    int submitAndWait(long timeoutNanos) {
        int toSubmit = submissions.publish();
        if (timeoutNanos < 0) {
            return libc.ioUringEnter(fd, toSubmit, 1, UringAbi.ENTER_GETEVENTS, 0, 0);
        }
        Memory.putLong(timespecAddress, timeoutNanos / 1_000_000_000L);
        Memory.putLong(timespecAddress + Long.BYTES, timeoutNanos % 1_000_000_000L);
        return libc.ioUringEnter(
                fd,
                toSubmit,
                1,
                UringAbi.ENTER_GETEVENTS | UringAbi.ENTER_EXT_ARG,
                argumentAddress,
                UringAbi.GETEVENTS_ARG_BYTES);
    }

    /** True while the kernel keeps completions that did not fit: reap, then enter again. */
    boolean hasOverflow() {
        return (submissions.flags() & UringAbi.SQ_CQ_OVERFLOW) != 0;
    }

    private int retryInterrupted(int toSubmit, int minComplete, int flags, long argument, long argumentBytes) {
        int taken;
        do {
            taken = libc.ioUringEnter(fd, toSubmit, minComplete, flags, argument, argumentBytes);
        } while (taken == -Errno.EINTR);
        return taken;
    }

    int register(int opcode, long argument, int count) {
        return libc.ioUringRegister(fd, opcode, argument, count);
    }

    /** Closes and unmaps. The kernel must have no request left: it would go on with it for a while. */
    void close() {
        if (open) {
            open = false;
            libc.close(fd);
            libc.munmap(entriesAddress, entriesBytes);
            libc.munmap(ringsAddress, ringsBytes);
        }
    }
}
