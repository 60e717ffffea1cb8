package io.iocp.port;

import io.iocp.operation.Post;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The posts of a port that wait for a worker, first in first out. Unbounded unless the port has a bound for posts; allocates
 * nothing once it has reached its working size.
 */
final class PostQueue {
    private static final int CHUNK = 1024;

    private final MpscUnboundedVarHandleArrayQueue<Post> queue = new MpscUnboundedVarHandleArrayQueue<>(CHUNK);

    /** Whoever has set it is the queue's one consumer for the moment. */
    private final AtomicBoolean consuming = new AtomicBoolean();

    /** Thread: any. */
    void offer(Post post) {
        queue.offer(post);
    }

    /** The oldest post; null if there is none or another worker takes one at this moment (then {@link #isEmpty} decides). */
    @Nullable
    Post poll() {
        if (queue.isEmpty() || !consuming.compareAndSet(false, true)) {
            return null;
        }
        try {
            return queue.poll();
        } finally {
            consuming.setRelease(false);
        }
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    int size() {
        return queue.size();
    }
}
