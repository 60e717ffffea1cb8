package io.iocp.port;

import io.iocp.operation.HandOverCause;
import io.iocp.port.Counters.Count;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Finds workers that a handler keeps although they hold a shard, and gives the shard to a spare. Sleeps while all shards sleep.
 *
 * <p>Thread: its own, but for {@link #wakeIfIdle} (shard holders) and the readers.
 *
 * <p>Next: {@link Shard#handTo}.
 */
final class BlockingMonitor extends Thread {
    /*
     * Finding. Nothing tells user space that a thread sleeps, so the monitor looks: a shard whose word shows the same packet in
     * two looks has a handler that has been running for at least the time between them. Only then is the thread's state
     * asked for. A wait that the JVM knows of is believed at once. What only the kernel calls a sleep may be a thread that the JVM
     * has stopped for a moment (garbage collection); this thread is stopped then too, so a sleep that three looks find is believed.
     * Handlers that sleep for less than the interval are not found, and a handler that has just begun to sleep costs its
     * shard up to two intervals. The interval is a millisecond when the port wakes up; it shrinks to a tenth while handlers are
     * found, and grows to four while none is: each look takes a processor from a worker for a moment, which at one look in a
     * millisecond was 6 % of the throughput of a server that had one processor.
     *
     * Taking. The CAS of the shard's word (see Shard) decides against a handler that returns at this moment. A spare is reserved
     * first, so a taken shard always has a worker.
     *
     * Sleeping. The monitor publishes `idle`, then looks at all words once more; a holder publishes that it is awake,
     * then looks at `idle`. One of them sees the other. It lingers before it sleeps, so that a busy port does not wake it again
     * and again: a shard counts as asleep if it has not been awake since the last look either. The word alone would not do. Where
     * processors are scarce this thread runs when a worker leaves one to it, and would find every shard asleep at every look
     * (700 looks in a second instead of 250, and as many wake-ups: 4 % of the processor time of a server that was half busy).
     */

    private static final Logger LOG = System.getLogger(BlockingMonitor.class.getName());

    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long FREQUENT_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    /** Looks without a find after which the interval doubles again. */
    private static final int LOOKS_TO_CALM_DOWN = 64;
    /** Looks that find every shard asleep before the monitor sleeps too. */
    private static final int LOOKS_TO_FALL_ASLEEP = 16;

    private static final int LOOKS_TO_BELIEVE_THE_KERNEL = 3;

    /** A handler that computes for so long loses its shard, if a processor is free. */
    static final long LONG_ON_PROCESSOR_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** A worker that is kept for so long cannot be counted upon to complete what it has submitted. */
    private static final long LONG_KEPT_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    private static final long BETWEEN_LOGS_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int MOST_FRAMES = 12;
    private static final int MOST_STACKS = 10;

    /** What was seen of one shard. */
    private static final class Watch {
        final Shard shard;
        long packet = -1;
        long sinceNanos;
        int asleep;
        /** Turns of the shard's holder at the last look. */
        long turns = -1;
        /** Its holder sleeps in a handler and there is no spare. */
        volatile boolean stuck;

        Watch(Shard shard) {
            this.shard = shard;
        }
    }

    /** A worker that lost its shard, whose requests are still in the kernel. */
    private record Departed(Worker worker, Shard shard, long sinceNanos) {}

    private final PortCore port;
    private final Workers workers;
    private final int concurrency;
    private final List<Watch> watches = new ArrayList<>();

    /** Written by any thread, read by the monitor. */
    private final Queue<Departed> departed = new ConcurrentLinkedQueue<>();

    private volatile boolean idle;
    private volatile boolean over;
    private long intervalNanos = FIRST_NANOS;
    private int looksWithoutFind;
    private int looksWithoutSpare;
    private long lastLogNanos;
    private boolean logged;

    BlockingMonitor(PortCore port, Workers workers, List<Shard> shards) {
        super("iocp-" + port.settings().name() + "-monitor");
        this.port = port;
        this.workers = workers;
        this.concurrency = shards.size();
        shards.forEach(s -> watches.add(new Watch(s)));
        setDaemon(true);
    }

    /** A holder is awake: it has published that before. */
    void wakeIfIdle() {
        if (idle) {
            idle = false;
            LockSupport.unpark(this);
        }
    }

    /** The worker has lost its shard and left requests with the kernel. Thread: any. */
    void departed(Worker worker, Shard shard) {
        departed.add(new Departed(worker, shard, System.nanoTime()));
        wakeIfIdle();
    }

    void end() {
        over = true;
        LockSupport.unpark(this);
    }

    /** Shards whose holders sleep in a handler, and nobody is left to take them. Thread: any. */
    int stuck() {
        int count = 0;
        for (Watch watch : watches) {
            if (watch.stuck) {
                count++;
            }
        }
        return count;
    }

    /** Whether the holder of this shard sleeps in a handler, and nobody is left to take it. Thread: any. */
    boolean isStuck(int shard) {
        for (Watch watch : watches) {
            if (watch.shard.index() == shard) {
                return watch.stuck;
            }
        }
        return false;
    }

    @Override
    public void run() {
        int asleep = 0;
        while (!over) {
            try {
                asleep = look() ? asleep + 1 : 0;
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, getName() + ": a look at the workers failed, going on", e);
            }
            if (asleep >= LOOKS_TO_FALL_ASLEEP) {
                asleep = 0;
                sleep();
                intervalNanos = FIRST_NANOS;
            } else {
                LockSupport.parkNanos(this, intervalNanos);
            }
            Thread.interrupted(); // nobody's business; a flag left set would end every park at once
        }
    }

    private void sleep() {
        idle = true;
        while (idle
                && !over
                && departed.isEmpty()
                && watches.stream().allMatch(w -> ShardWord.isAsleep(w.shard.sampleWord()))
                && workers.waiting() == 0) { // after the words: a holder offers packets while it is awake
            LockSupport.park(this);
        }
        idle = false;
    }

    /** True if every shard sleeps, and has slept since the last look. Not private so that a test can look by itself. */
    boolean look() {
        long now = System.nanoTime();
        boolean allAsleep = departed.isEmpty() && workers.waiting() == 0;
        boolean found = false;
        for (Watch watch : watches) {
            long word = watch.shard.sampleWord();
            allAsleep &= hasSlept(watch, word);
            found |= look(watch, word, now);
        }
        hurryAdoptions(now);
        lookAtWaiting();
        if (found) {
            looksWithoutFind = 0;
            intervalNanos = Math.max(FREQUENT_NANOS, intervalNanos / 2);
        } else if (intervalNanos < CALM_NANOS && ++looksWithoutFind >= LOOKS_TO_CALM_DOWN) {
            looksWithoutFind = 0;
            intervalNanos = Math.min(CALM_NANOS, intervalNanos * 2);
        }
        return allAsleep;
    }

    /** Whether nobody has been awake in the shard since the last look. */
    private boolean hasSlept(Watch watch, long word) {
        Worker holder = workers.byNumber(ShardWord.holder(word));
        long turns = holder == null ? -1 : holder.counters.of(Count.TURNS);
        boolean slept = ShardWord.isAsleep(word) && turns == watch.turns;
        watch.turns = turns;
        return slept;
    }

    /** True if the shard was given to another worker. */
    private boolean look(Watch watch, long word, long now) {
        long packet = ShardWord.packet(word);
        if (!ShardWord.isInHandler(word)) {
            watch.stuck = false;
            if (packet != watch.packet) {
                watch.packet = -1; // in the library of another run, or asleep
            }
            return false;
        }
        if (packet != watch.packet) {
            watch.packet = packet;
            watch.sinceNanos = now;
            watch.asleep = 0;
            watch.stuck = false;
            return false;
        }
        long running = now - watch.sinceNanos;
        Worker holder = workers.byNumber(ShardWord.holder(word));
        ThreadProbe probe = holder == null ? null : holder.probe();
        if (holder == null || probe == null || running < intervalNanos / 2) {
            return false;
        }
        HandOverCause cause = judge(watch, probe, running);
        if (cause == null) {
            watch.stuck = false;
            return false;
        }
        return handOver(watch, word, holder, probe, cause, running);
    }

    /** Why the shard should go to another worker; null if it should not. */
    @Nullable
    private HandOverCause judge(Watch watch, ThreadProbe probe, long running) {
        if (probe.isWaiting()) {
            watch.asleep = LOOKS_TO_BELIEVE_THE_KERNEL;
        } else if (probe.isAsleep()) {
            watch.asleep++;
        } else {
            watch.asleep = 0;
        }
        if (watch.asleep >= LOOKS_TO_BELIEVE_THE_KERNEL) {
            return HandOverCause.ASLEEP;
        }
        if (watch.asleep == 0 && running >= LONG_ON_PROCESSOR_NANOS && runningBeside(watch) < concurrency - 1) {
            return HandOverCause.ON_PROCESSOR;
        }
        return null;
    }

    /** Workers that run, but for the holder of this shard: those that hold one and are awake, and handlers without one. */
    private int runningBeside(Watch except) {
        int running = 0;
        for (Watch watch : watches) {
            if (watch != except && watch.asleep == 0 && !ShardWord.isAsleep(watch.shard.sampleWord())) {
                running++;
            }
        }
        for (Worker worker : workers.all()) {
            ThreadProbe probe = worker.probe();
            if (worker.isAway() && probe != null && probe.isRunning()) {
                running++;
            }
        }
        return running;
    }

    private boolean handOver(
            Watch watch, long word, Worker holder, ThreadProbe probe, HandOverCause cause, long running) {
        Worker spare = workers.reserve();
        if (spare == null) {
            if (cause == HandOverCause.ASLEEP && !watch.stuck) {
                watch.stuck = true;
                allBlocked();
            }
            return false;
        }
        boolean uninterruptible = probe.isAsleepForGood();
        if (!watch.shard.handTo(spare, word, holder, cause, running)) {
            workers.release(spare);
            return false;
        }
        watch.stuck = false;
        watch.packet = -1;
        if (uninterruptible) {
            watch.shard.adoptAll();
        } else {
            departed(holder, watch.shard);
        }
        return true;
    }

    /** Requests complete in the context of the thread that made them: who stays away too long is not waited for. */
    private void hurryAdoptions(long now) {
        departed.removeIf(d -> {
            if (!d.worker().isKept()) {
                return true;
            }
            if (now - d.sinceNanos() < LONG_KEPT_NANOS) {
                return false;
            }
            d.shard().adoptAll();
            return true;
        });
    }

    // ---- nobody is left

    /** Packets of blocking handlers wait, and every spare is kept by one. */
    private void lookAtWaiting() {
        boolean nobody = workers.waiting() > 0 && workers.parkedCount() == 0 && allAwayAreAsleep();
        looksWithoutSpare = nobody ? looksWithoutSpare + 1 : 0;
        if (looksWithoutSpare == LOOKS_TO_BELIEVE_THE_KERNEL) {
            allBlocked();
        }
    }

    private boolean allAwayAreAsleep() {
        int away = 0;
        for (Worker worker : workers.all()) {
            if (worker.isAway()) {
                away++;
                ThreadProbe probe = worker.probe();
                if (probe != null && probe.isRunning()) {
                    return false;
                }
            }
        }
        return away + concurrency >= port.maxWorkers();
    }

    private void allBlocked() {
        port.noSpareLeft();
        long now = System.nanoTime();
        if (logged && now - lastLogNanos < BETWEEN_LOGS_NANOS) {
            return;
        }
        logged = true;
        lastLogNanos = now;
        LOG.log(
                Level.WARNING,
                () -> "port '" + port.settings().name() + "': all "
                        + workers.all().size()
                        + " workers are kept by handlers; " + workers.waiting() + " packet(s) and all connections of "
                        + stuck()
                        + " shard(s) wait. Handlers should not block for long, or there must be more workers (maxWorkers). They are"
                        + " at:" + stacks());
    }

    private String stacks() {
        Map<List<StackTraceElement>, Integer> stacks = new LinkedHashMap<>();
        for (Worker worker : workers.all()) {
            if (!workers.isParked(worker)) {
                List<StackTraceElement> frames =
                        Arrays.stream(worker.getStackTrace()).limit(MOST_FRAMES).toList();
                stacks.merge(frames, 1, Integer::sum);
            }
        }
        StringBuilder text = new StringBuilder();
        stacks.entrySet().stream().limit(MOST_STACKS).forEach(e -> {
            text.append("\n  ").append(e.getValue()).append(" worker(s):");
            e.getKey().forEach(frame -> text.append("\n    at ").append(frame));
        });
        if (stacks.size() > MOST_STACKS) {
            text.append("\n  and ").append(stacks.size() - MOST_STACKS).append(" other stacks");
        }
        return text.toString();
    }
}
