package io.iocp.operation;

/** A post that waits for its time. Thread: any. */
public interface ScheduledPost {
    /**
     * Takes the post back.
     *
     * @return true if it will not be delivered, and its {@code OverlappedIO} is free again; false if it is delivered already
     *     or about to be
     */
    boolean cancel();

    /** Whether it is neither delivered nor cancelled. */
    boolean isPending();
}
