package io.iocp.demo.kv;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The log of the store: every change as a command, in the order in which changes took effect, in a file that is written and
 * synchronised without waiting; who has to hear that a record is durable is told.
 *
 * <p>Thread: any. All methods but {@link #work} and {@link #close} return at once.
 *
 * <p>Next: {@link LogStream#step}.
 */
final class AppendOnlyFile implements Journal, LogFile.Ends {

    /*
     * Order. A change is recorded while the locks of its keys' stripes are held, so records of one key are in the order of its
     * changes; changes of different stripes commute. One lock, taken below those of the stripes, makes a single row of all.
     *
     * Positions. A record is known by the number of bytes recorded up to its end since the start, which only grows; a file's
     * offset and the position differ by `base`, which changes when a rewritten file takes over.
     *
     * Durable. With ALWAYS a reply waits until the file is synchronised up to its record. While a rewritten file is about to
     * take over (FINISHING, REPLACING) both files have to be: whichever of them a crash leaves at the log's path then has all
     * that any client was told of. All that was told before that phase is below the rewrite's target, which is synchronised
     * before the file is moved. From the moment that all stripes are copied every record goes to both files, so the difference
     * between their offsets is fixed.
     *
     * Failure. With ALWAYS the first failed write or sync is final: after a failed sync nobody knows what the kernel has
     * dropped, and a later one that succeeds says nothing about it. Changes are refused from then on; only a rewrite, which
     * writes and synchronises everything anew, ends that. With the other policies a failure is logged, changes are refused
     * while it lasts, and the same bytes are written again every second.
     */

    /** When what was written is synchronised. */
    enum Fsync {
        /** Before the reply to the command. */
        ALWAYS,
        /** Once a second. */
        EVERYSEC,
        /** When the operating system likes. */
        NO
    }

    /** Calls {@link #tick} and {@link #work} on threads of the server. */
    interface Wakeups {

        /** Has {@link #tick} called in a second. */
        void tickLater();

        /** Has {@link #work} called soon, by a thread that may wait. */
        void workSoon();
    }

    /** From so many bytes on that wait to be written no command is run, until it is half as many. */
    static final long WAITING_BYTES = 16L << 20;

    /** The next stripe is copied when no more than this waits of those before. */
    private static final long COPY_AHEAD_BYTES = 256 << 10;

    /** A position that is reached when there is room. */
    private static final long ROOM = -1;
    /** The position of what was not recorded, which is never reached. */
    private static final long LOST = Long.MAX_VALUE;

    private static final System.Logger LOG = System.getLogger(AppendOnlyFile.class.getName());

    private final LogPlace place;
    private final Fsync fsync;
    private final Wakeups wakeups;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final List<Waiter> waiters = new ArrayList<>();

    private enum State {
        OPEN,
        /** The last write or sync failed, and will be repeated. */
        FAILING,
        /** A write or sync failed, and what it was about is lost until the log is written anew. */
        BROKEN,
        /** No more changes; what there is, is written and synchronised. */
        CLOSING,
        CLOSED
    }

    private volatile State state = State.OPEN;
    private volatile String failure = "";
    private volatile boolean full;
    private volatile boolean recorded;

    private LogStream live;
    private long base;
    private boolean tickComing;
    private @Nullable LogRewrite rewrite;
    /** The copy goes on when less waits to be written. */
    private boolean copyWaits;

    private boolean lastRewriteFailed;
    private long lastRewriteMillis = -1;
    private long baseSize;
    private long delayedSyncs;

    /** Somebody who waits for a position, or for room. */
    private record Waiter(long position, Runnable told) {}

    /**
     * A log that goes on with a file.
     *
     * @param size how long the file is, all of it whole commands and synchronised
     */
    AppendOnlyFile(LogPlace place, Fsync fsync, Wakeups wakeups, InstantSource clock, LogFile file, long size) {
        this.place = place;
        this.fsync = fsync;
        this.wakeups = wakeups;
        this.clock = clock;
        this.live = new LogStream(file, size, syncs());
        this.baseSize = size;
    }

    private LogStream.Syncs syncs() {
        return fsync == Fsync.ALWAYS ? LogStream.Syncs.EACH_WRITE : LogStream.Syncs.ON_REQUEST;
    }

    // ---- recording

    @Override
    public long record(Keys keys, byte[]... command) {
        lock.lock();
        try {
            LogRewrite anew = rewrite;
            if (anew != null) {
                anew.record(keys, command);
            }
            recorded = true;
            if (state == State.BROKEN || state == State.CLOSED) {
                // The command had begun before changes were refused.
                return fsync == Fsync.ALWAYS ? LOST : 0;
            }
            live.add(command);
            updateFull();
            return fsync == Fsync.ALWAYS ? base + live.end() : 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void flush() {
        if (recorded) {
            stepAndTell();
        }
    }

    private void stepAndTell() {
        List<Runnable> told = List.of();
        lock.lock();
        try {
            step();
            if (state == State.BROKEN || state == State.FAILING) {
                told = settle();
            }
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }

    @Override
    public Commit await(long position, Runnable told) {
        lock.lock();
        try {
            if (position <= acknowledged()) {
                return Commit.DURABLE;
            }
            if (position == LOST || state == State.BROKEN || state == State.CLOSED) {
                return Commit.LOST;
            }
            waiters.add(new Waiter(position, told));
            return Commit.PENDING;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean awaitRoom(Runnable told) {
        lock.lock();
        try {
            if (full) {
                waiters.add(new Waiter(ROOM, told));
            }
            return full;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isFull() {
        return full;
    }

    @Override
    public @Nullable String refusal() {
        return switch (state) {
            case OPEN -> null;
            case FAILING -> "MISCONF Errors writing to the AOF file: " + failure;
            case BROKEN ->
                "MISCONF Errors writing to the AOF file: " + failure
                        + ". Writes are refused until BGREWRITEAOF has written it anew, or the server is restarted";
            case CLOSING, CLOSED -> "MISCONF The AOF file is closed, the server stops";
        };
    }

    /** Up to which position clients may be told. */
    private long acknowledged() {
        long durable = base + live.synced();
        LogRewrite anew = rewrite;
        LogStream next = anew == null ? null : anew.stream();
        if (anew != null && next != null && state != State.BROKEN) {
            boolean takesOver =
                    anew.phase() == LogRewrite.Phase.FINISHING || anew.phase() == LogRewrite.Phase.REPLACING;
            if (takesOver) {
                return Math.min(durable, baseOf(next) + next.synced());
            }
        }
        return durable;
    }

    /** What has to be added to an offset of the rewritten log to make it a position; once all stripes are copied. */
    private long baseOf(LogStream next) {
        return base + live.end() - next.end();
    }

    // ---- writing

    /** Starts what can be started on both files. */
    private void step() {
        recorded = false;
        if (state == State.CLOSED) {
            return;
        }
        if (state != State.BROKEN) {
            live.step();
            noticeFailure();
        }
        LogRewrite anew = rewrite;
        LogStream next = anew == null ? null : anew.stream();
        if (anew != null && next != null && anew.phase() != LogRewrite.Phase.FAILED) {
            next.step();
            advance(anew, next);
        }
        if (fsync == Fsync.EVERYSEC && live.synced() < live.end()) {
            tickSoon();
        }
    }

    @Override
    public void writeEnded(LogFile file, @Nullable IOException failed) {
        ended(file, stream -> stream.writeEnded(failed));
    }

    @Override
    public void syncEnded(LogFile file, @Nullable IOException failed) {
        ended(file, stream -> stream.syncEnded(failed));
    }

    private interface Ending {
        void of(LogStream stream);
    }

    private void ended(LogFile file, Ending ending) {
        List<Runnable> told;
        lock.lock();
        try {
            LogRewrite anew = rewrite;
            LogStream next = anew == null ? null : anew.stream();
            if (file.equals(live.file())) {
                ending.of(live);
                if (live.failure() == null && state == State.FAILING) {
                    state = State.OPEN;
                    LOG.log(System.Logger.Level.INFO, "append-only file {0}: written again", place.name());
                }
            } else if (next != null && file.equals(next.file())) {
                ending.of(next);
            } else {
                // A file that was replaced or given up, and is closed.
                return;
            }
            step();
            told = settle();
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }

    private void noticeFailure() {
        IOException cause = live.failure();
        if (cause == null || state == State.BROKEN) {
            return;
        }
        failure = String.valueOf(cause.getMessage());
        if (fsync == Fsync.ALWAYS) {
            state = state == State.CLOSING ? state : State.BROKEN;
            LOG.log(
                    System.Logger.Level.ERROR,
                    "append-only file {0}: {1}; what was not acknowledged may be lost, writes are refused from now on."
                            + " Remedy: make room or replace the disk, then BGREWRITEAOF or restart",
                    place.name(),
                    failure);
        } else {
            if (state == State.OPEN) {
                state = State.FAILING;
                LOG.log(
                        System.Logger.Level.ERROR,
                        "append-only file {0}: {1}; writes are refused, and it is tried again every second",
                        place.name(),
                        failure);
            }
            tickSoon();
        }
    }

    private void tickSoon() {
        if (!tickComing) {
            tickComing = true;
            wakeups.tickLater();
        }
    }

    /** A second is over. */
    void tick() {
        lock.lock();
        try {
            tickComing = false;
            if (fsync == Fsync.EVERYSEC) {
                if (live.isSyncing()) {
                    delayedSyncs++;
                }
                live.requestSync();
            }
            if (state == State.FAILING) {
                live.retry();
            }
        } finally {
            lock.unlock();
        }
        stepAndTell();
    }

    /** Something has ended or failed: who is to be told of it. */
    private List<Runnable> settle() {
        updateFull();
        settled.signalAll();
        return due();
    }

    private void updateFull() {
        LogRewrite anew = rewrite;
        long waiting = Math.max(live.waiting(), anew == null ? 0 : anew.waiting());
        // Who is refused anyway need not wait.
        full = waiting >= (full ? WAITING_BYTES / 2 : WAITING_BYTES) && state != State.FAILING && state != State.BROKEN;
    }

    /** Those who are to be told now, and are no longer among the waiters. */
    private List<Runnable> due() {
        if (waiters.isEmpty()) {
            return List.of();
        }
        List<Runnable> told = new ArrayList<>();
        long reached = state == State.BROKEN ? Long.MAX_VALUE : acknowledged();
        for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
            Waiter waiter = each.next();
            if (waiter.position() == ROOM ? !full : waiter.position() <= reached) {
                told.add(waiter.told());
                each.remove();
            }
        }
        return told;
    }

    // ---- writing it anew

    @Override
    public void rewrite() {
        lock.lock();
        try {
            if (rewrite != null) {
                throw new CommandError("ERR Background append only file rewriting already in progress");
            }
            if (state == State.CLOSING || state == State.CLOSED) {
                throw new CommandError("ERR The AOF file is closed, the server stops");
            }
            rewrite = new LogRewrite(clock.millis());
            wakeups.workSoon();
        } finally {
            lock.unlock();
        }
    }

    /** Looks whether the rewrite has something to do that a thread may wait for. */
    private void advance(LogRewrite anew, LogStream next) {
        if (anew.phase() == LogRewrite.Phase.REPLACING) {
            // Its file may be the log already: what becomes of it is noticed when it has taken over.
            return;
        }
        if (next.failure() != null) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "append-only file {0}: the rewrite failed ({1}); the old file stays in use",
                    place.name(),
                    next.failure().getMessage());
            anew.phase(LogRewrite.Phase.FAILED);
            wakeups.workSoon();
        } else if (anew.phase() == LogRewrite.Phase.COPYING) {
            if (copyWaits && next.waiting() <= COPY_AHEAD_BYTES) {
                copyWaits = false;
                wakeups.workSoon();
            }
        } else if (anew.isComplete()) {
            anew.phase(LogRewrite.Phase.REPLACING);
            wakeups.workSoon();
        } else {
            // A sync that began before the last write does not do.
            next.requestSync();
        }
    }

    /** Does the next part of the rewrite. Thread: one that may wait, one at a time. */
    void work(KvStore store) {
        LogRewrite anew;
        LogRewrite.Phase phase;
        lock.lock();
        try {
            anew = rewrite;
            if (anew == null) {
                return;
            }
            phase = anew.phase();
        } finally {
            lock.unlock();
        }
        switch (phase) {
            case OPENING -> open(anew, store);
            case COPYING -> copy(anew, store);
            case REPLACING -> replace(anew);
            case FAILED -> giveUp(anew);
            case FINISHING -> {}
        }
    }

    private void open(LogRewrite anew, KvStore store) {
        LogFile file;
        try {
            file = place.create(this);
        } catch (IOException refused) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "append-only file {0}: no rewrite, since no file can be made beside it: {1}",
                    place.name(),
                    refused);
            giveUp(anew);
            return;
        }
        boolean stillWanted;
        lock.lock();
        try {
            stillWanted = rewrite == anew;
            if (stillWanted) {
                anew.opened(new LogStream(file, 0, LogStream.Syncs.ON_REQUEST));
            }
        } finally {
            lock.unlock();
        }
        if (stillWanted) {
            copy(anew, store);
        } else {
            file.close();
            discard();
        }
    }

    private void copy(LogRewrite anew, KvStore store) {
        while (true) {
            int stripe = anew.nextStripe();
            if (stripe == KvStore.STRIPES) {
                break;
            }
            lock.lock();
            try {
                LogStream next = anew.stream();
                if (next == null || rewrite != anew || anew.phase() != LogRewrite.Phase.COPYING) {
                    return;
                }
                if (next.waiting() > COPY_AHEAD_BYTES) {
                    copyWaits = true;
                    return;
                }
            } finally {
                lock.unlock();
            }
            copy(anew, store, stripe);
        }
        lock.lock();
        try {
            LogStream next = anew.stream();
            if (next != null && rewrite == anew && anew.phase() == LogRewrite.Phase.COPYING) {
                anew.finish(next, syncs());
                step();
            }
        } finally {
            lock.unlock();
        }
    }

    private void copy(LogRewrite anew, KvStore store, int stripe) {
        LogBuffer copy = new LogBuffer();
        store.lock(1L << stripe);
        try {
            store.forEach(stripe, entry -> Snapshots.add(entry, copy));
            lock.lock();
            try {
                anew.copied(stripe, copy);
                step();
            } finally {
                lock.unlock();
            }
        } finally {
            store.unlock(1L << stripe);
        }
    }

    private void replace(LogRewrite anew) {
        try {
            checkStillGood(anew);
            place.replace();
        } catch (IOException refused) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "append-only file {0}: the rewritten file could not take its place ({1}); the old file stays in use",
                    place.name(),
                    refused);
            giveUp(anew);
            return;
        }
        IOException unsure = null;
        try {
            place.syncDirectory();
        } catch (IOException failed) {
            unsure = failed;
        }
        List<Runnable> told;
        lock.lock();
        try {
            LogStream next = anew.stream();
            if (next == null) {
                throw new AssertionError("a rewrite without a file cannot take over");
            }
            takeOver(anew, next, unsure);
            step();
            told = settle();
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }

    private void checkStillGood(LogRewrite anew) throws IOException {
        lock.lock();
        try {
            LogStream next = anew.stream();
            IOException failed = next == null ? null : next.failure();
            if (failed != null) {
                throw failed;
            }
        } finally {
            lock.unlock();
        }
    }

    private void takeOver(LogRewrite anew, LogStream next, @Nullable IOException unsure) {
        LogFile old = live.file();
        long before = live.end();
        base = baseOf(next);
        live = next;
        baseSize = next.end();
        rewrite = null;
        lastRewriteFailed = false;
        lastRewriteMillis = clock.millis() - anew.startMillis();
        old.close();
        if (unsure == null) {
            state = state == State.CLOSING ? state : State.OPEN;
            LOG.log(
                    System.Logger.Level.INFO,
                    "append-only file {0}: rewritten, {1} bytes were {2} before",
                    place.name(),
                    Long.toString(baseSize),
                    Long.toString(before));
            return;
        }
        // Whichever of the two a loss of power leaves there, nobody knows.
        failure = "its directory could not be synchronised: " + unsure.getMessage();
        state = fsync == Fsync.ALWAYS && state != State.CLOSING ? State.BROKEN : state;
        LOG.log(System.Logger.Level.ERROR, "append-only file {0}: {1}", place.name(), failure);
    }

    private void giveUp(LogRewrite anew) {
        List<Runnable> told;
        lock.lock();
        try {
            LogStream next = anew.stream();
            if (next != null) {
                next.file().close();
            }
            rewrite = null;
            copyWaits = false;
            lastRewriteFailed = true;
            lastRewriteMillis = clock.millis() - anew.startMillis();
            told = settle();
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
        discard();
    }

    private void discard() {
        try {
            place.discard();
        } catch (IOException stays) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "append-only file {0}: what the rewrite left could not be removed: {1}",
                    place.name(),
                    stays);
        }
    }

    // ---- the end and the facts

    /**
     * Writes and synchronises everything, and closes the file. Waits for that.
     *
     * @return whether all is on disk
     */
    boolean close(long timeoutMillis) {
        long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        boolean interrupted = false;
        LogStream unfinished = null;
        boolean clean;
        lock.lock();
        try {
            boolean intact = state != State.BROKEN;
            state = State.CLOSING;
            LogRewrite anew = rewrite;
            if (anew != null && anew.phase() != LogRewrite.Phase.REPLACING) {
                unfinished = anew.stream();
                rewrite = null;
            }
            if (intact) {
                live.retry();
                live.requestSync();
                step();
            }
            while (left > 0 && (rewrite != null || (intact && !live.isSettled() && live.failure() == null))) {
                try {
                    left = settled.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
                live.requestSync();
                step();
            }
            clean = intact && live.isSettled();
            if (!clean) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "append-only file {0}: closed with {1} bytes that are not synchronised: {2}",
                        place.name(),
                        Long.toString(live.end() - live.synced()),
                        live.failure() == null ? failure : live.failure());
            }
            state = State.CLOSED;
            live.file().close();
        } finally {
            lock.unlock();
        }
        if (unfinished != null) {
            unfinished.file().close();
            discard();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return clean;
    }

    /** Why changes are refused, null if they are not. */
    @Nullable
    String failing() {
        return state == State.FAILING || state == State.BROKEN ? failure : null;
    }

    String path() {
        return place.name();
    }

    @Override
    public Map<String, Object> facts() {
        lock.lock();
        try {
            LogRewrite anew = rewrite;
            long rewriting = anew == null ? -1 : (clock.millis() - anew.startMillis()) / 1000;
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("aof_enabled", 1);
            facts.put("aof_rewrite_in_progress", anew == null ? 0 : 1);
            facts.put("aof_rewrite_scheduled", 0);
            facts.put("aof_last_rewrite_time_sec", lastRewriteMillis < 0 ? -1 : lastRewriteMillis / 1000);
            facts.put("aof_current_rewrite_time_sec", rewriting);
            facts.put("aof_last_bgrewrite_status", lastRewriteFailed ? "err" : "ok");
            facts.put("aof_last_write_status", failing() == null ? "ok" : "err");
            facts.put("aof_last_write_error", failing() == null ? "" : failure);
            facts.put("aof_current_size", live.end());
            facts.put("aof_base_size", baseSize);
            facts.put("aof_buffer_length", live.waiting());
            facts.put("aof_pending_bio_fsync", live.isSyncing() ? 1 : 0);
            facts.put("aof_delayed_fsync", delayedSyncs);
            return facts;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("appendonly", "yes");
        parameters.put("appendfilename", place.name());
        parameters.put("appendfsync", fsync.name().toLowerCase(Locale.ROOT));
        return parameters;
    }
}
