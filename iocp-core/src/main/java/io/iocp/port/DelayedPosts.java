package io.iocp.port;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Post;
import io.iocp.operation.Status;

/**
 * The delayed posts that wait on one shard: in its wheel, and on the endpoints whose close ends them early. Thread: shard
 * holder.
 */
final class DelayedPosts {
    private final Shard shard;
    private final TimerWheel timers;
    private int waiting;

    DelayedPosts(Shard shard, TimerWheel timers) {
        this.shard = shard;
        this.timers = timers;
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** @param open whether the shard still waits for times to come; if not the post ends at once */
    void schedule(DelayedPost delayed, boolean open) {
        Endpoint bound = delayed.boundTo();
        if (!delayed.isPending()) {
            return;
        }
        if (bound != null && bound.isClosing()) {
            delayed.end(Status.HANDLE_CLOSED);
        } else if (!open) {
            delayed.end(Status.PORT_CLOSED);
        } else {
            delayed.scheduled = true;
            waiting++;
            if (bound != null) {
                bind(delayed, bound);
            }
            timers.arm(delayed, delayed.deadlineNanos());
        }
    }

    /** Takes one that was cancelled or has ended out of the wheel and off its endpoint. */
    void retire(DelayedPost delayed) {
        if (delayed.scheduled) {
            delayed.scheduled = false;
            waiting--;
            timers.disarm(delayed);
            unbind(delayed);
        }
    }

    void ended(DelayedPost delayed, Post post, Status status) {
        retire(delayed);
        post.status = status;
        shard.postFromTimer(post);
    }

    /** The endpoint closes: what is bound to it does not wait for its time. */
    void endBoundTo(Endpoint endpoint) {
        while (endpoint.boundPosts instanceof DelayedPost bound) {
            retire(bound);
            bound.end(Status.HANDLE_CLOSED);
        }
    }

    /** The port closes: no time will come. */
    void endAll() {
        timers.forEach(timer -> {
            if (timer instanceof DelayedPost post) {
                post.end(Status.PORT_CLOSED);
            }
        });
    }

    private static void bind(DelayedPost delayed, Endpoint bound) {
        if (bound.boundPosts instanceof DelayedPost head) {
            delayed.nextBound = head;
            head.previousBound = delayed;
        }
        bound.boundPosts = delayed;
    }

    private static void unbind(DelayedPost delayed) {
        Endpoint bound = delayed.boundTo();
        if (bound == null) {
            return;
        }
        if (delayed.previousBound == null) {
            bound.boundPosts = delayed.nextBound;
        } else {
            delayed.previousBound.nextBound = delayed.nextBound;
        }
        if (delayed.nextBound != null) {
            delayed.nextBound.previousBound = delayed.previousBound;
        }
        delayed.nextBound = null;
        delayed.previousBound = null;
    }
}
