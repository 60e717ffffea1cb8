package io.iocp.demo.kv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log that is being written anew: a snapshot of the store, stripe by stripe, and between them what is changed meanwhile in
 * the stripes that the snapshot has already.
 *
 * <p>A stripe is copied while its lock is held, and from then on every change of it is recorded here as well. So, read from the
 * beginning, each stripe goes through its copy and then through its changes in their order, and stripes have nothing to do with
 * each other. A command about keys of several stripes is recorded with those keys only whose stripe is copied; the copies of
 * the others will have its effect. One about all keys empties what is copied, and the stripes still to come are copied empty.
 *
 * <p>Thread: whoever holds the lock of its {@link AppendOnlyFile}.
 */
final class LogRewrite {

    /** How far it is. */
    enum Phase {
        /** Its file is being opened. */
        OPENING,
        COPYING,
        /** All is copied, and has to be synchronised. */
        FINISHING,
        /** Its file takes the place of the log. */
        REPLACING,
        /** It failed: its file is to be removed. */
        FAILED
    }

    private final long startMillis;
    private Phase phase = Phase.OPENING;
    private @Nullable LogStream stream;
    private long copied;
    private long largestCopy;
    private long target;

    LogRewrite(long nowMillis) {
        startMillis = nowMillis;
    }

    long startMillis() {
        return startMillis;
    }

    Phase phase() {
        return phase;
    }

    void phase(Phase next) {
        phase = next;
    }

    @Nullable
    LogStream stream() {
        return stream;
    }

    void opened(LogStream opened) {
        stream = opened;
        phase = Phase.COPYING;
    }

    /** The next stripe to be copied; {@link KvStore#STRIPES} if none is left. */
    int nextStripe() {
        return Long.numberOfTrailingZeros(~copied);
    }

    /** Takes the copy of a stripe, whose lock is held. */
    void copied(int stripe, LogBuffer copy) {
        if (stream != null && phase == Phase.COPYING) {
            largestCopy = Math.max(largestCopy, copy.length());
            stream.add(copy);
            copied |= 1L << stripe;
        }
    }

    /** All is copied: what is recorded up to now has to be synchronised before this log may take over. */
    void finish(LogStream of, LogStream.Syncs syncs) {
        phase = Phase.FINISHING;
        target = of.end();
        of.syncs(syncs);
        of.requestSync();
    }

    /** Whether everything that had to be synchronised is. */
    boolean isComplete() {
        return stream != null && stream.synced() >= target;
    }

    /** How many bytes wait beside the copy of a stripe, which may be of any size. */
    long waiting() {
        return stream == null ? 0 : stream.waiting() - largestCopy;
    }

    /** Records a change, as far as it concerns what is copied. */
    void record(Journal.Keys keys, byte[]... command) {
        LogStream to = stream;
        if (to == null || copied == 0 || phase == Phase.FAILED) {
            return;
        }
        if (copied == KvStore.ALL_STRIPES || keys == Journal.Keys.ALL) {
            to.add(command);
            return;
        }
        int step = switch (keys) {
            case ONE, ALL -> command.length;
            case EACH -> 1;
            case EACH_WITH_VALUE -> 2;
        };
        List<byte[]> part = new ArrayList<>();
        part.add(command[0]);
        for (int at = 1; at < command.length; at += step) {
            if ((KvStore.stripesOf(Bytes.of(command[at])) & copied) != 0) {
                part.addAll(List.of(command).subList(at, Math.min(command.length, at + step)));
            }
        }
        if (part.size() > 1) {
            to.add(part.toArray(byte[][]::new));
        }
    }
}
