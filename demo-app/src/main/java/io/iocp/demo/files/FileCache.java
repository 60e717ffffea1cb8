package io.iocp.demo.files;

import io.iocp.CompletionPort;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.TooManyOperationsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The files that were asked for lately, kept open: a request for one of them costs no system call but the transmit.
 *
 * <p>A file that was changed, replaced or deleted is noticed within {@value #CHECK_MILLIS} ms, at the next request for it. One
 * that nobody asks for is closed after some {@value #IDLE_MILLIS} ms, so that a deleted one does not keep its disk space; a
 * delayed post of the port comes for that, and none while the cache is empty. Of more than the bound the one that was asked for
 * longest ago goes.
 *
 * <p>Thread: any.
 */
final class FileCache implements AutoCloseable {

    /** Completion key of the posts by which files are closed that nobody asks for. */
    static final String CHANNEL = "files-idle";

    static final int CHECK_MILLIS = 1000;
    static final int IDLE_MILLIS = 5000;

    private static final System.Logger LOG = System.getLogger(FileCache.class.getName());
    private static final long CHECK_NANOS = Duration.ofMillis(CHECK_MILLIS).toNanos();
    private static final long IDLE_NANOS = Duration.ofMillis(IDLE_MILLIS).toNanos();

    private final CompletionPort port;
    private final int mostFiles;
    private final Map<String, OpenFile> files = new ConcurrentHashMap<>();

    /** Whether a post is under way that will look for idle files. */
    private final AtomicBoolean sweepPosted = new AtomicBoolean();

    FileCache(CompletionPort port, int mostFiles) {
        this.port = port;
        this.mostFiles = mostFiles;
    }

    /** The file of this path as it is now, with a reference for the caller; null if it has to be opened. */
    @Nullable
    OpenFile find(String path, long nowNanos) {
        OpenFile file = files.get(path);
        if (file == null) {
            return null;
        }
        // One of those who come in the same moment looks at the file; the others take it as it was a second ago.
        if (file.claimCheck(nowNanos, CHECK_NANOS) && hasChanged(file)) {
            forget(path, file);
            return null;
        }
        if (!file.retain()) {
            return null; // forgotten since we got it
        }
        file.used(nowNanos);
        return file;
    }

    private static boolean hasChanged(OpenFile file) {
        try {
            return !file.version().isStill(Files.readAttributes(file.requested(), BasicFileAttributes.class));
        } catch (IOException deletedOrForbidden) {
            return true;
        }
    }

    /** Keeps a file that was opened just now. The caller keeps its reference. */
    void add(String path, OpenFile file) {
        file.retain();
        OpenFile before = files.put(path, file);
        if (before != null) {
            before.release();
        }
        if (files.size() > mostFiles) {
            forgetOldest();
        }
        postSweep();
    }

    /** Goes through all files, at most {@link #mostFiles}: much less than what the open has cost for which there is no room. */
    private void forgetOldest() {
        Map.Entry<String, OpenFile> oldest = null;
        for (Map.Entry<String, OpenFile> entry : files.entrySet()) {
            if (oldest == null
                    || entry.getValue().usedNanos() - oldest.getValue().usedNanos() < 0) {
                oldest = entry;
            }
        }
        if (oldest != null) {
            forget(oldest.getKey(), oldest.getValue());
        }
    }

    private void forget(String path, OpenFile file) {
        if (files.remove(path, file)) {
            file.release();
        }
    }

    /** The post has come: closes what nobody has asked for. */
    void sweep(long nowNanos) {
        files.forEach((path, file) -> {
            if (nowNanos - file.usedNanos() >= IDLE_NANOS) {
                forget(path, file);
            }
        });
        // In this order: who adds a file from here on posts anew, and who did before is seen here.
        sweepPosted.set(false);
        if (!files.isEmpty()) {
            postSweep();
        }
    }

    private void postSweep() {
        if (sweepPosted.compareAndSet(false, true)) {
            try {
                port.postDelayed(new OverlappedIO(), CHANNEL, Duration.ofMillis(IDLE_MILLIS), null);
            } catch (ClosedPortException | TooManyOperationsException refused) {
                // The files stay open until the next one is added, or until the end.
                sweepPosted.set(false);
                LOG.log(System.Logger.Level.DEBUG, "no post to close idle files: {0}", refused.getMessage());
            }
        }
    }

    /** Files that are kept open. */
    int size() {
        return files.size();
    }

    /** Forgets all files. */
    @Override
    public void close() {
        files.forEach(this::forget);
    }
}
