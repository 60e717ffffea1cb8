package io.iocp.engine.uring;

import io.iocp.linux.Memory;

/**
 * The submission ring: requests are written into free entries and published to the kernel all at once.
 *
 * <p>Thread: shard holder.
 */
final class SubmissionQueue {
    private final long headAddress;
    private final long tailAddress;
    private final long flagsAddress;
    private final long entriesAddress;
    private final int entries;
    private final int mask;

    /** The kernel's head as last read; it only grows, so an old value is merely pessimistic. */
    private int knownHead;
    /** Where the next request goes; the kernel sees it after {@link #publish()}. */
    private int tail;

    SubmissionQueue(long headAddress, long tailAddress, long flagsAddress, long entriesAddress, int entries) {
        assert UringAbi.isPowerOfTwo(entries) : entries;
        this.headAddress = headAddress;
        this.tailAddress = tailAddress;
        this.flagsAddress = flagsAddress;
        this.entriesAddress = entriesAddress;
        this.entries = entries;
        this.mask = entries - 1;
        this.knownHead = Memory.getIntAcquire(headAddress);
        this.tail = knownHead;
    }

    int entries() {
        return entries;
    }

    /** The address of a free entry, whose old contents are undefined, or 0 when the queue is full. */
    long next() {
        if (tail - knownHead == entries) {
            // Pairs with the kernel's release of the head, after which it no longer reads the entries before it.
            knownHead = Memory.getIntAcquire(headAddress);
            if (tail - knownHead == entries) {
                return 0;
            }
        }
        return entriesAddress + ((long) (tail++ & mask) << 6);
    }

    /** Written requests that the kernel has not taken yet. */
    int pending() {
        knownHead = Memory.getIntAcquire(headAddress);
        return tail - knownHead;
    }

    /** User_data of one of them, counted from the oldest. */
    long pendingUserData(int index) {
        return Memory.getLong(entriesAddress + ((long) (knownHead + index & mask) << 6) + UringAbi.SQE_USER_DATA);
    }

    /** How many more requests fit. */
    int room() {
        knownHead = Memory.getIntAcquire(headAddress);
        return entries - (tail - knownHead);
    }

    /** Makes every written request visible to the kernel; returns how many it has not taken yet. */
    int publish() {
        // Pairs with the kernel's acquire of the tail in io_uring_enter: it sees the entries complete.
        Memory.putIntRelease(tailAddress, tail);
        knownHead = Memory.getIntAcquire(headAddress);
        return tail - knownHead;
    }

    /** The flags that the kernel sets: {@link UringAbi#SQ_CQ_OVERFLOW}, {@link UringAbi#SQ_TASKRUN}. */
    int flags() {
        return Memory.getIntOpaque(flagsAddress);
    }
}
