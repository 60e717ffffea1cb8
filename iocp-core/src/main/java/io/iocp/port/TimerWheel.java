package io.iocp.port;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one shard: a hierarchical wheel, so that arming, disarming and expiring cost the same for ten timers as for a
 * hundred thousand. A timer never expires early, and up to one tick (1 ms) late.
 *
 * <p>Thread: the shard's holder. Time is passed in; nothing here reads a clock.
 */
final class TimerWheel {
    /*
     * Six levels of 64 buckets. Level 0 has one bucket for each tick, level n one for each 64^n ticks; a timer goes
     * to the lowest level whose span covers its distance and moves down ("cascades") when the level below has gone
     * round. A bit for each non-empty bucket makes finding the next deadline a matter of six shifts. 64^6 ticks of 1
     * ms are two years; what is further away waits in the last bucket and is put in again from there.
     */
    static final long TICK_NANOS = 1_000_000;

    private static final int BITS = 6;
    private static final int BUCKETS = 1 << BITS;
    private static final int LEVELS = 6;

    private final @Nullable Timer[] heads = new @Nullable Timer[LEVELS * BUCKETS];
    private final long[] occupied = new long[LEVELS];
    private final long originNanos;
    private long now;
    private int size;

    TimerWheel(long originNanos) {
        this.originNanos = originNanos;
    }

    int size() {
        return size;
    }

    /** Arms a timer; one that is armed already is moved. */
    void arm(Timer timer, long deadlineNanos) {
        if (timer.isArmed()) {
            disarm(timer);
        }
        // Rounded up, so that nothing expires early.
        timer.deadlineTick = Math.max(now + 1, (deadlineNanos - originNanos + TICK_NANOS - 1) / TICK_NANOS);
        insert(timer);
        size++;
    }

    void disarm(Timer timer) {
        if (timer.isArmed()) {
            unlink(timer);
            size--;
        }
    }

    private void insert(Timer timer) {
        long distance = Math.max(timer.deadlineTick - now, 1);
        int level = Math.min((63 - Long.numberOfLeadingZeros(distance)) / BITS, LEVELS - 1);
        long farthest = now + (1L << (BITS * LEVELS)) - 1;
        long tick = Math.min(timer.deadlineTick, farthest);
        int index = (int) (tick >>> (BITS * level)) & (BUCKETS - 1);
        int bucket = level * BUCKETS + index;
        Timer head = heads[bucket];
        timer.bucket = bucket;
        timer.previous = null;
        timer.next = head;
        if (head != null) {
            head.previous = timer;
        }
        heads[bucket] = timer;
        occupied[level] |= 1L << index;
    }

    private void unlink(Timer timer) {
        int bucket = timer.bucket;
        Timer before = timer.previous;
        Timer after = timer.next;
        if (before == null) {
            heads[bucket] = after;
            if (after == null) {
                occupied[bucket / BUCKETS] &= ~(1L << (bucket % BUCKETS));
            }
        } else {
            before.next = after;
        }
        if (after != null) {
            after.previous = before;
        }
        timer.bucket = -1;
        timer.previous = null;
        timer.next = null;
    }

    /** Lets time go on to {@code nanos} and runs what has come due, in the order of the deadlines' ticks. */
    void advance(long nanos) {
        long target = (nanos - originNanos) / TICK_NANOS;
        while (now < target) {
            if (size == 0) {
                now = target;
                return;
            }
            long next = nextTick();
            if (next > target) {
                // Nothing to expire and nothing to move down before the target.
                now = target;
                return;
            }
            now = next;
            cascade();
            expire();
        }
    }

    /** Moves what the higher levels keep for the present tick down. */
    private void cascade() {
        for (int level = LEVELS - 1; level > 0; level--) {
            if ((now & ((1L << (BITS * level)) - 1)) == 0) {
                int bucket = level * BUCKETS + ((int) (now >>> (BITS * level)) & (BUCKETS - 1));
                for (Timer t = heads[bucket]; t != null; t = heads[bucket]) {
                    unlink(t);
                    if (t.deadlineTick <= now) {
                        // Due in this very tick: into the bucket that expire() is about to empty.
                        linkInto(t, (int) now & (BUCKETS - 1));
                    } else {
                        insert(t);
                    }
                }
            }
        }
    }

    private void linkInto(Timer timer, int index) {
        Timer head = heads[index];
        timer.bucket = index;
        timer.next = head;
        if (head != null) {
            head.previous = timer;
        }
        heads[index] = timer;
        occupied[0] |= 1L << index;
    }

    private void expire() {
        int bucket = (int) now & (BUCKETS - 1);
        for (Timer t = heads[bucket]; t != null; t = heads[bucket]) {
            unlink(t);
            size--;
            t.expired();
        }
    }

    /** The next tick at which something expires or must be moved down. */
    private long nextTick() {
        long best = Long.MAX_VALUE;
        for (int level = 0; level < LEVELS; level++) {
            long bits = occupied[level];
            if (bits != 0) {
                int shift = BITS * level;
                int here = (int) (now >>> shift) & (BUCKETS - 1);
                // Distance, in buckets of this level, to the next occupied one after the present one; a bit on the
                // present
                // bucket itself means one full round.
                int ahead = Long.numberOfTrailingZeros(Long.rotateRight(bits, (here + 1) & (BUCKETS - 1))) + 1;
                best = Math.min(best, ((now >>> shift) + ahead) << shift);
            }
        }
        return best;
    }

    /** Shows every armed timer to {@code visitor}, which may disarm it. */
    void forEach(Consumer<Timer> visitor) {
        for (Timer head : heads) {
            for (Timer t = head; t != null; ) {
                Timer after = t.next;
                visitor.accept(t);
                t = after;
            }
        }
    }

    /** Nanoseconds until the next call of {@link #advance} has something to do; -1 if there is no timer. */
    long nanosUntilNext(long nanos) {
        if (size == 0) {
            return -1;
        }
        return Math.max(0, originNanos + nextTick() * TICK_NANOS - nanos);
    }
}
