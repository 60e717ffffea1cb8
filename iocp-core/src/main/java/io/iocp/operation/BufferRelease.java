package io.iocp.operation;

/**
 * A library buffer that a zero-copy send has lent to the kernel, and the one who wants to know when it is back: a post of the
 * library's own, made ready when nobody holds the buffer any more. It belongs to no queue and no order, and is in no statistics.
 *
 * <p>Thread: shard holder; {@link #tell} is user code, on a worker.
 */
public final class BufferRelease extends Post {
    private final LeasedBuffer buffer;
    private final Runnable toTell;

    /** The send itself, until it ends, and each request of the kernel's that may still read the memory. */
    private int holders = 1;

    /**
     * @param handle the public handle that sends it
     * @param buffer {@linkplain LeasedBuffer#pin() pinned}; its lease is this object's once the send has started
     */
    public BufferRelease(Object handle, LeasedBuffer buffer, Runnable toTell) {
        super(handle);
        this.buffer = buffer;
        this.toTell = toTell;
        this.toFuture = true; // that is: outside of the queue, and of the order of the handle's packets
    }

    /** One more request of the kernel's may read the memory. */
    public void hold() {
        holders++;
    }

    /** Somebody is done with the memory; true for the last one, and then the lease has ended. */
    public boolean letGo() {
        assert holders > 0 : "let go of more often than it was held";
        holders--;
        if (holders > 0) {
            return false;
        }
        buffer.unpin();
        return true;
    }

    /** Its send was not started: the lease is the caller's again. */
    void forgetSend() {
        buffer.unpinToLease();
    }

    /** Tells who wants to know. User code, which may throw anything. */
    public void tell() {
        toTell.run();
    }
}
