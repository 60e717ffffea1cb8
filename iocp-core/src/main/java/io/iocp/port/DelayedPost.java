package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Post;
import io.iocp.operation.ScheduledPost;
import io.iocp.operation.Status;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A post that becomes ready at a later time, or at once when the endpoint that it is bound to is closed.
 *
 * <p>Thread: {@link #cancel()} any; the rest the holder of the shard whose wheel it is in. Whoever moves the state away from
 * WAITING decides: a post that was cancelled never becomes a packet, one that fired cannot be cancelled.
 */
public final class DelayedPost extends Timer implements ScheduledPost {
    private static final int WAITING = 0;
    private static final int FIRED = 1;
    private static final int CANCELLED = 2;

    private final Shard shard;
    private final Post post;
    private final long deadlineNanos;

    @Nullable
    private final Endpoint boundTo;

    private final AtomicInteger state = new AtomicInteger(WAITING);

    @Nullable
    DelayedPost nextBound;

    @Nullable
    DelayedPost previousBound;

    /** It is counted, in the wheel and on its endpoint. */
    boolean scheduled;

    DelayedPost(Shard shard, Post post, @Nullable Endpoint boundTo, long deadlineNanos) {
        this.shard = shard;
        this.boundTo = boundTo;
        this.post = post;
        this.deadlineNanos = deadlineNanos;
    }

    /**
     * Takes the post back.
     *
     * @return true if it will not be delivered; false if it is delivered already, or about to be
     */
    @Override
    public boolean cancel() {
        if (!state.compareAndSet(WAITING, CANCELLED)) {
            return false;
        }
        post.abandon();
        shard.command(s -> s.delayedPosts().retire(this));
        return true;
    }

    /** Whether it is neither delivered nor cancelled. */
    @Override
    public boolean isPending() {
        return state.get() == WAITING;
    }

    /** The moment at which it is due, by the engine's clock. */
    public long deadlineNanos() {
        return deadlineNanos;
    }

    @Nullable
    Endpoint boundTo() {
        return boundTo;
    }

    @Override
    void expired() {
        end(Status.TIMER_EXPIRED);
    }

    /** Makes the packet ready unless the post was cancelled. */
    void end(Status status) {
        if (state.compareAndSet(WAITING, FIRED)) {
            shard.delayedPosts().ended(this, post, status);
        }
    }
}
