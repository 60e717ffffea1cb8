package io.iocp.demo.kv;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One log file that grows: gathers records, writes them one write at a time, and synchronises as it is told to. What is
 * recorded while a write is in flight shares the next one; what is written while a sync is in flight needs another one.
 *
 * <p>It writes at offsets that it counts itself, so a write that failed half way is repeated over what it left: the same bytes
 * at the same place.
 *
 * <p>Thread: whoever holds the lock of its {@link AppendOnlyFile}. It never waits: {@link #step} starts what can be started.
 */
final class LogStream {

    /** The most bytes that one write copies to native memory. */
    private static final int PIECE_BYTES = 256 << 10;

    /** Which syncs there are. */
    enum Syncs {
        /** One for each {@link #requestSync}, beside writes. */
        ON_REQUEST,
        /** One after each write, before the next: all that is recorded meanwhile shares the next pair. */
        EACH_WRITE
    }

    private enum Activity {
        IDLE,
        BUSY
    }

    private final LogFile file;
    private final LogBuffer waiting = new LogBuffer();
    private Syncs syncs;
    private @Nullable ByteBuffer block;
    private Activity write = Activity.IDLE;
    private Activity sync = Activity.IDLE;
    private boolean syncRequested;
    private long end;
    private long written;
    private long synced;
    private long syncing;
    private int piece;
    private @Nullable IOException failure;

    /** @param size how long the file is, all of it synchronised */
    LogStream(LogFile file, long size, Syncs syncs) {
        this.file = file;
        this.syncs = syncs;
        end = size;
        written = size;
        synced = size;
    }

    LogFile file() {
        return file;
    }

    /** The offset behind all that was recorded. */
    long end() {
        return end;
    }

    /** The offset behind all that is written. */
    long written() {
        return written;
    }

    /** The offset behind all that survives a loss of power. */
    long synced() {
        return synced;
    }

    /** How many bytes are recorded and not yet written. */
    long waiting() {
        return end - written;
    }

    boolean isSyncing() {
        return sync == Activity.BUSY;
    }

    /** Nothing is in flight and nothing waits. */
    boolean isSettled() {
        return write == Activity.IDLE && sync == Activity.IDLE && synced == end;
    }

    /** Why the last write or sync failed; null if it did not, or after {@link #retry}. */
    @Nullable
    IOException failure() {
        return failure;
    }

    void add(byte[]... command) {
        long before = waiting.length();
        waiting.add(command);
        end += waiting.length() - before;
    }

    void add(LogBuffer records) {
        end += records.length();
        waiting.moveFrom(records);
    }

    void requestSync() {
        syncRequested = true;
    }

    void syncs(Syncs which) {
        syncs = which;
    }

    /** Goes on after a failure, with the very bytes that failed. */
    void retry() {
        failure = null;
    }

    /** Starts what can be started. */
    void step() {
        switch (syncs) {
            case EACH_WRITE -> stepInTurn();
            case ON_REQUEST -> stepBoth();
        }
    }

    /** What is written is synchronised before more is written, or those who wait for it would wait for others too. */
    private void stepInTurn() {
        if (failure != null || write == Activity.BUSY || sync == Activity.BUSY) {
            return;
        }
        if (synced < written) {
            startSync();
        } else {
            startWrite();
        }
    }

    private void stepBoth() {
        if (failure == null && write == Activity.IDLE) {
            startWrite();
        }
        if (failure == null && syncRequested && sync == Activity.IDLE && synced < written) {
            startSync();
        }
    }

    private void startWrite() {
        ByteBuffer data = block == null ? waiting.take() : block;
        if (data == null) {
            return;
        }
        block = data;
        piece = Math.min(PIECE_BYTES, data.remaining());
        try {
            file.write(data.slice(data.position(), piece), written);
            write = Activity.BUSY;
        } catch (IOException refused) {
            failure = refused;
        }
    }

    void writeEnded(@Nullable IOException failed) {
        write = Activity.IDLE;
        if (failed != null) {
            failure = failed;
            return;
        }
        written += piece;
        ByteBuffer data = block;
        if (data != null) {
            data.position(data.position() + piece);
            if (data.hasRemaining()) {
                // Before any sync: a record is written as one unit, however many pieces it is copied in.
                startWrite();
            } else {
                block = null;
                waiting.reuse();
            }
        }
    }

    private void startSync() {
        syncing = written;
        syncRequested = false;
        try {
            file.sync();
            sync = Activity.BUSY;
        } catch (IOException refused) {
            failure = refused;
        }
    }

    void syncEnded(@Nullable IOException failed) {
        sync = Activity.IDLE;
        if (failed != null) {
            syncRequested = true;
            failure = failed;
        } else {
            synced = syncing;
        }
    }
}
