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
     * and tells whether the port still takes any. Workers take from a second list, the oldest first, one worker at a time: who
     * has changed the first of that list to BUSY has it for himself until he writes there who is first now. When it is
     * empty, that worker takes all arrivals at once and turns them round; while it is not, nobody who takes looks at the
     * arrivals. So those who post and those who take meet in the same cache line once for many posts, and a thread that is
     * interrupted in the middle of a post has either posted or not: nobody ever waits for it.
     *
     * The end. close() replaces the arrivals by CLOSED, for good, and moves what had arrived to the second list. A post
     * arrives by a compare-and-swap of what it has seen on top, so it comes either before CLOSED, and then is in the second
     * list when close() has returned, or sees CLOSED and is refused. A worker may end when it has seen isClosed() and
     * after that isEmpty(). What the port's own holders bring after that (posts whose timers the close has ended) goes
     * straight to the second list; such a holder has not ended, so it sees them.
     *
     * isEmpty() never misses a post that has arrived and was not taken: it looks at the arrivals first, and these are only
     * emptied while BUSY stands in the second list, and until they stand there. It may find something where nothing is,
     * for as long as somebody takes, even after it has found nothing: who decides two things by it looks once (Shard.sleep).
     * All looks at the arrivals are volatile, and so are the words that those who sleep publish first: either the sleeper
     * sees the post, or who posts sees the sleeper.
     *
     * Two who want the same list at the same moment would only pass its cache line to and fro, at several times the cost of
     * what they do with it. Who finds the other there stays away for a moment instead, in which the other gets along by himself
     * with a run of posts: measured with four who post and two workers on two processors, twice as many posts a second for half
     * the processor time each. Nobody has to wait for this: what one of them does not take at that moment the other takes, in
     * the same order, and a handler that runs has nothing of this queue. It costs a microsecond or ten of a worker, and only where
     * handlers are so short that workers meet here; who cannot take in the end (whoever has BUSY does not run) goes round
     * its shard's loop.
     *
     * A post that somebody has read on top, or as the first, may be taken, run and posted again before his
     * compare-and-swap, which then succeeds all the same: it only needs that this post is there now.
     */

    /** References that are surely further apart than a cache line and the one that is fetched with it. */
    private static final int APART = 64;

    private static final int ARRIVALS = APART;
    private static final int FIRST = 2 * APART;
    private static final int LAST = FIRST + 1;

    /** On top of the arrivals: no more of them. */
    private static final Post CLOSED = new Post(PostQueue.class);

    /** First of the second list: somebody takes. */
    private static final Post BUSY = new Post(PostQueue.class);

    /** How long to stay away from a list where somebody else is, in {@link Thread#onSpinWait}s: first, and at most. */
    private static final int FIRST_PAUSE = 128;

    private static final int LONGEST_PAUSE = 256;

    /** Between the looks of somebody who cannot do without it. */
    private static final long PAUSE_NANOS = 10_000;

    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(Post[].class);

    private final @Nullable Post[] cells = new Post[3 * APART];

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
        Post first = awaitTurn();
        endTurn(joined(first, post, post));
        VarHandle.fullFence(); // in place of the compare-and-swap: see isEmpty()
    }

    /** The oldest post; null if there is none or another worker takes one at this moment (then {@link #isEmpty} decides). */
    @Nullable
    Post poll() {
        if (first() == null && nothingArrived()) {
            return null;
        }
        Post oldest = tryTurn();
        if (oldest == BUSY) {
            return null;
        }
        if (oldest == null) {
            oldest = takeIn(null, null);
        }
        Post next = oldest == null ? null : (Post) oldest.nextReady;
        if (next == null) {
            CELL.set(cells, LAST, null); // or it would be kept from the garbage collector
        }
        endTurn(next);
        if (oldest != null) {
            oldest.nextReady = null;
            if (counted != null) {
                counted.decrementAndGet();
            }
        }
        return oldest;
    }

    boolean isEmpty() {
        return nothingArrived() && first() == null;
    }

    /** Nobody outside of the port can post any more. */
    void close() {
        Post first = awaitTurn();
        endTurn(takeIn(first, CLOSED));
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
        Post first = awaitTurn();
        try {
            // Nothing is moved: who only asks holds workers up for as short as he can, and leaves the queue as it was.
            // While nobody else takes, the links of what has arrived stay as they are.
            Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
            int size = 0;
            for (Operation post = first; post != null; post = post.nextReady) {
                size++;
            }
            for (Operation post = top == CLOSED ? null : top; post != null; post = post.nextReady) {
                size++;
            }
            return size;
        } finally {
            endTurn(first);
        }
    }

    private boolean nothingArrived() {
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        return top == null || top == CLOSED;
    }

    @Nullable
    private Post first() {
        return (Post) CELL.getAcquire(cells, FIRST);
    }

    // ---- whoever has the turn, by BUSY

    /**
     * Moves the arrivals to the end of the second list.
     *
     * @param first of that list; null if it is empty
     * @param instead what is left in the place of the arrivals, unless that is CLOSED already
     * @return the first of the list now
     */
    @Nullable
    private Post takeIn(@Nullable Post first, @Nullable Post instead) {
        Post top = (Post) CELL.getVolatile(cells, ARRIVALS);
        if (top == CLOSED || (top == null && instead == null)) {
            return first;
        }
        Post newest = (Post) CELL.getAndSet(cells, ARRIVALS, instead);
        return newest == null ? first : joined(first, turnedRound(newest), newest);
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

    /** @return the first of both */
    private Post joined(@Nullable Post first, Post oldest, Post newest) {
        if (first != null) {
            ((Post) CELL.get(cells, LAST)).nextReady = oldest;
        }
        CELL.set(cells, LAST, newest);
        return first == null ? oldest : first;
    }

    /** The first of the second list, which is the caller's until {@link #endTurn}; BUSY if it is somebody else's. */
    @Nullable
    private Post tryTurn() {
        for (int pause = FIRST_PAUSE; pause <= LONGEST_PAUSE; pause *= 2) {
            Post seen = first();
            if (seen != BUSY && CELL.compareAndSet(cells, FIRST, seen, BUSY)) {
                return seen;
            }
            stayAway(pause);
        }
        return BUSY;
    }

    @Nullable
    private Post awaitTurn() {
        Post first = tryTurn();
        while (first == BUSY) {
            LockSupport.parkNanos(this, PAUSE_NANOS); // whoever has it does not run at this moment
            first = tryTurn();
        }
        return first;
    }

    private void endTurn(@Nullable Post first) {
        CELL.setRelease(cells, FIRST, first);
    }

    private static void stayAway(int pause) {
        for (int i = 0; i < pause; i++) {
            Thread.onSpinWait();
        }
    }
}
