package io.iocp.engine.simulated;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;

/**
 * Makes the peers of a network and the loops of its ports take turns: a peer acts when nothing more can happen by itself, and
 * the clock goes on when nothing can happen and a peer waits. So what a test does, in which order and with which seed, makes the
 * run.
 *
 * <p>Thread: whoever has the network's lock, but for {@link #nanoTime()}.
 */
final class Lockstep {
    /*
     * A loop is at rest while it waits in a turn that has nothing to do; whoever gives it something to do (a wake-up, a request
     * to be tried) takes that away under the same lock, so no peer acts between a cause and what comes of it. Each act of a
     * peer seeds the loops' draws anew: how often they had looked before, which depends on how threads ran, does not matter.
     *
     * A peer that waits leaves the time until which it does. Whatever may concern peers forgets these times and wakes them all;
     * those that still wait leave theirs again. So the clock never goes on over the head of one that has something to read and
     * has not looked yet.
     */

    /** Real time in which other threads, that no loop knows of, may still give a loop something to do before the clock goes on. */
    static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Real time that a peer waits for its turn at most. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final long seed;
    private final Condition rest;
    private final List<SimulatedLoop> loops = new ArrayList<>();

    /** Loops at rest, and the time of the next timer of each. */
    private final Map<SimulatedLoop, Long> resting = new HashMap<>();

    private final List<Long> waitingUntil = new ArrayList<>();
    private final AtomicLong now = new AtomicLong();
    private long acts;

    /** @param rest of the network's lock */
    Lockstep(long seed, Condition rest) {
        this.seed = seed;
        this.rest = rest;
    }

    long nanoTime() {
        return now.get();
    }

    void opened(SimulatedLoop loop) {
        loops.add(loop);
    }

    void closed(SimulatedLoop loop) {
        loops.remove(loop);
        resting.remove(loop);
        rest.signalAll();
    }

    /** @param due when its next timer is; {@link Long#MAX_VALUE} if it has none */
    void atRest(SimulatedLoop loop, long due) {
        resting.put(loop, due);
        rest.signalAll();
    }

    void busy(SimulatedLoop loop) {
        resting.remove(loop);
    }

    /**
     * A peer is about to act: waits until every loop is at rest.
     *
     * @throws IllegalStateException if that does not happen in 20 seconds
     */
    void begin() {
        long left = PATIENCE_NANOS;
        boolean interrupted = false;
        try {
            while (resting.size() < loops.size()) {
                if (left <= 0) {
                    throw new IllegalStateException("a port has not come to rest in 20 seconds");
                }
                try {
                    left = rest.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        acts++;
        for (int i = 0; i < loops.size(); i++) {
            loops.get(i).drawFrom(new SplittableRandom(seed + 0x9E3779B97F4A7C15L * (1 + i + 1000 * acts)));
        }
    }

    /** A peer waits up to a time of the network's clock, which may go on meanwhile. */
    void waiting(long until) {
        waitingUntil.add(until);
        loops.forEach(SimulatedLoop::lookAgain);
    }

    void waitsNoLonger(long until) {
        waitingUntil.remove((Long) until);
    }

    /** Something happened that peers may wait for. */
    void told() {
        waitingUntil.clear();
    }

    boolean isWaitedFor() {
        return !waitingUntil.isEmpty() && resting.size() == loops.size();
    }

    /** Lets the clock go on to the first time that a timer or a peer waits for, unless that has come. */
    void advance() {
        long first = Long.MAX_VALUE;
        for (long due : resting.values()) {
            first = Math.min(first, due);
        }
        for (long until : waitingUntil) {
            first = Math.min(first, until);
        }
        if (first > nanoTime() && first < Long.MAX_VALUE) {
            now.set(first);
        }
        loops.forEach(SimulatedLoop::lookAgain);
    }
}
