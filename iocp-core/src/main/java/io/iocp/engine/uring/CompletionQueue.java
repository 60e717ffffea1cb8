package io.iocp.engine.uring;

import io.iocp.linux.Memory;

/**
 * The completion ring: completions are read in place between {@link #head()} and {@link #tail()}, then given back.
 *
 * <pre>{@code
 * int tail = queue.tail();
 * for (int head = queue.head(); head != tail; head++) {
 *     long cqe = queue.entry(head);
 *     ...
 * }
 * queue.advanceTo(tail);
 * }</pre>
 *
 * <p>Thread: shard holder.
 */
final class CompletionQueue {
    private final long headAddress;
    private final long tailAddress;
    private final long overflowAddress;
    private final long entriesAddress;
    private final int entries;
    private final int mask;
    private int head;

    CompletionQueue(long headAddress, long tailAddress, long overflowAddress, long entriesAddress, int entries) {
        assert UringAbi.isPowerOfTwo(entries) : entries;
        this.headAddress = headAddress;
        this.tailAddress = tailAddress;
        this.overflowAddress = overflowAddress;
        this.entriesAddress = entriesAddress;
        this.entries = entries;
        this.mask = entries - 1;
        this.head = Memory.getInt(headAddress);
    }

    int entries() {
        return entries;
    }

    /** Position of the oldest completion that was not given back. */
    int head() {
        return head;
    }

    /** Position behind the newest completion. */
    int tail() {
        // Pairs with the kernel's release of the tail: the entries before it are complete.
        return Memory.getIntAcquire(tailAddress);
    }

    boolean isEmpty() {
        return head == tail();
    }

    /** Address of the completion at a position. */
    long entry(int position) {
        return entriesAddress + ((long) (position & mask) << 4);
    }

    static long userData(long entry) {
        return Memory.getLong(entry + UringAbi.CQE_USER_DATA);
    }

    static int result(long entry) {
        return Memory.getInt(entry + UringAbi.CQE_RES);
    }

    static int flags(long entry) {
        return Memory.getInt(entry + UringAbi.CQE_FLAGS);
    }

    /** Gives the completions before {@code position} back to the kernel. */
    void advanceTo(int position) {
        head = position;
        // Pairs with the kernel's acquire of the head: it overwrites an entry only after we have read it.
        Memory.putIntRelease(headAddress, position);
    }

    /** Completions that the kernel really lost, which it does only when it has no memory to keep them. */
    int lost() {
        return Memory.getIntOpaque(overflowAddress);
    }
}
