package io.iocp.port;

import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The posts of a port that wait for a worker, first in first out. A list through the posts themselves, so that it allocates
 * nothing; unbounded unless the port has a bound for posts.
 *
 * <p>Thread: any.
 */
final class PostQueue {
    /*
     * Two lists. Who posts puts his post on the arrivals, the last on top: one compare-and-swap, which both publishes the post
     * and tells whether the port still takes any. Workers take from a second list, the oldest first, one worker at a time
     * (`turn`); when it is empty, that worker takes all arrivals at once and turns them round. So those who post and those who
     * take meet in the same cache line once for many posts, and a thread that is interrupted in the middle of a post has either
     * posted or not: nobody ever waits for it.
     *
     * The end. close() replaces the arrivals by CLOSED, for good, and moves what had arrived to the second list. A post
     * arrives by a compare-and-swap of what it has seen on top, so it comes either before CLOSED, and then is in the second
     * list when close() has returned, or sees CLOSED and is refused. A worker may end when it has seen isClosed() and
     * after that isEmpty(). What the port's own holders bring after that (posts whose timers the close has ended) goes
     * straight to the second list; such a holder has not ended, so it sees them.
     *
     * isEmpty() never misses a post that has arrived and was not taken: it looks at the arrivals first, and before these are
     * emptied the second list shows something. All looks at the arrivals are volatile, and so are the words that those who
     * sleep publish first: either the sleeper sees the post, or who posts sees the sleeper.
     *
     * A post that somebody has read on top may be taken, run and posted again before his compare-and-swap, which then
     * succeeds all the same: it only needs that this post is on top now.
     */

    /** References that are surely further apart than a cache line and the one that is fetched with it. */
    private static final int APART = 64;

    private static final int ARRIVALS = APART;
    private static final int FIRST = 2 * APART;
    private static final int LAST = FIRST + 1;

    /** On top of the arrivals: no more of them. */
    private static final Post CLOSED = new Post(PostQueue.class);

    private static final int FREE = 0;
    private static final int TAKEN = 1;

    /** Looks at a turn that somebody else has before a worker does something else. */
    private static final int SPINS = 64;

    /** Between the looks of somebody who cannot do without it. */
    private static final long PAUSE_NANOS = 10_000;

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(Post[].class);
    private static final VarHandle TURN = MethodHandles.arrayElementVarHandle(int[].class);

    private final @Nullable Post[] cells = new Post[3 * APART];

    /** Whose turn it is to take: whoever has changed it from FREE has the second list for the moment. */
    private final int[] turn = new int[2 * APART];

    /** How many wait; null if nobody needs to know it at every post. */
    private final @Nullable AtomicInteger counted;

    /** @param bounded whether {@link #size} is asked for at every post */
    PostQueue(boolean bounded) {
        counted = bounded ? new AtomicInteger() : null;
    }

    /**
     * Puts a post at the end.
     *
     * @return false if the port takes no posts any more: then nothing has happened
     */
    boolean offer(Post post) {
        AtomicInteger count = counted;
        if (count != null) {
            count.incrementAndGet(); // before it can be taken
        }
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        while (top != CLOSED) {
            post.nextReady = top;
            Post seen = (Post) CELL.compareAndExchange(cells, ARRIVALS, top, post);
            if (seen == top) {
                return true;
            }
            top = seen;
        }
        post.nextReady = null;
        if (count != null) {
            count.decrementAndGet();
        }
        return false;
    }

    /** Puts a post of the port's own at the end, also after {@link #close}. Thread: the holder of a shard that has not ended. */
    void offerLate(Post post) {
        if (offer(post)) {
            return;
        }
        if (counted != null) {
            counted.incrementAndGet();
        }
        awaitTurn();
        try {
            takeIn();
            append(post, post);
        } finally {
            endTurn();
        }
        VarHandle.fullFence(); // in place of the compare-and-swap: see isEmpty()
    }

    /** The oldest post; null if there is none or another worker takes one at this moment (then {@link #isEmpty} decides). */
    @Nullable
    Post poll() {
        if (isEmpty() || !tryTurn()) {
            return null;
        }
        Post oldest;
        try {
            oldest = first();
            if (oldest == null) {
                takeIn();
                oldest = first();
            }
            if (oldest == null) {
                return null;
            }
            Post next = (Post) oldest.nextReady;
            CELL.setRelease(cells, FIRST, next);
            if (next == null) {
                CELL.set(cells, LAST, null); // or it would be kept from the garbage collector
            }
        } finally {
            endTurn();
        }
        oldest.nextReady = null;
        if (counted != null) {
            counted.decrementAndGet();
        }
        return oldest;
    }

    boolean isEmpty() {
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        return (top == null || top == CLOSED) && first() == null;
    }

    /** Nobody outside of the port can post any more. */
    void close() {
        awaitTurn();
        try {
            takeIn(CLOSED);
        } finally {
            endTurn();
        }
    }

    boolean isClosed() {
        return CELL.getVolatile(cells, ARRIVALS) == CLOSED;
    }

    /** How many wait. Looks at each, unless the queue is bounded. */
    int size() {
        if (counted != null) {
            return counted.get();
        }
        if (isEmpty()) {
            return 0;
        }
        awaitTurn();
        try {
            takeIn();
            int size = 0;
            for (Operation post = first(); post != null; post = post.nextReady) {
                size++;
            }
            return size;
        } finally {
            endTurn();
        }
    }

    // ---- whoever has the turn

    @Nullable
    private Post first() {
        return (Post) CELL.getAcquire(cells, FIRST);
    }

    private void takeIn() {
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        if (top != null && top != CLOSED) {
            takeIn(null);
        }
    }

    /** Moves the arrivals to the end of the second list, and leaves {@code instead} in their place. */
    private void takeIn(@Nullable Post instead) {
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        if (top == null) {
            // Not by an exchange: a post that arrives just now would be in neither list for a moment.
            top = (Post) CELL.compareAndExchange(cells, ARRIVALS, null, instead);
        }
        if (top == null || top == CLOSED) {
            return;
        }
        if (first() == null) {
            CELL.setRelease(cells, FIRST, top); // any post: for isEmpty(), while the arrivals are on their way
            Post newest = (Post) CELL.getAndSet(cells, ARRIVALS, instead);
            CELL.setRelease(cells, FIRST, turnedRound(newest));
            CELL.set(cells, LAST, newest);
            return;
        }
        Post newest = (Post) CELL.getAndSet(cells, ARRIVALS, instead);
        append(turnedRound(newest), newest);
    }

    /** @return the oldest */
    private static Post turnedRound(Post newest) {
        Post oldest = newest;
        Post newer = null;
        for (Post post = newest; post != null; ) {
            Post older = (Post) post.nextReady;
            post.nextReady = newer;
            newer = post;
            oldest = post;
            post = older;
        }
        return oldest;
    }

    private void append(Post oldest, Post newest) {
        if (first() == null) {
            CELL.setRelease(cells, FIRST, oldest);
        } else {
            ((Post) CELL.get(cells, LAST)).nextReady = oldest;
        }
        CELL.set(cells, LAST, newest);
    }

    private boolean tryTurn() {
        for (int i = 0; i < SPINS; i++) {
            if ((int) TURN.getOpaque(turn, APART) == FREE && TURN.compareAndSet(turn, APART, FREE, TAKEN)) {
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    private void awaitTurn() {
        while (!tryTurn()) {
            LockSupport.parkNanos(this, PAUSE_NANOS); // whoever has it does not run at this moment
        }
    }

    private void endTurn() {
        TURN.setRelease(turn, APART, FREE);
    }
}
