package io.iocp.operation;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What an endpoint that is a file has beside the rest: its path, what it was opened for, the operations that the engine has of
 * it, and who needs its descriptor.
 *
 * <p>Thread: {@link #pin}, {@link #unpin} and what never changes any; {@link #inEngine} the holder of the endpoint's shard.
 */
public final class OpenFile {
    /*
     * The descriptor. `users` counts who may use it: the handle, from open until its last operation has ended after its
     * close, and everybody who has pinned it. It begins at 1, so a handle that is open always counts. A pin adds one
     * unless the count is 0 already, and by one CAS, so it never rises from 0: exactly one unpin takes it to 0, and
     * that one closes the descriptor. Whoever reads the descriptor has counted himself before, and uncounts himself
     * after his last use: so nobody uses a number that another file may have got meanwhile. The CASes order the uses
     * of all others before the close.
     */

    /** Closes the descriptor. Thread: any, once. */
    @FunctionalInterface
    public interface Closer {
        void close();
    }

    private final Path path;
    private final FileAccess access;
    private final int alignment;
    private final Closer closer;
    private final AtomicInteger users = new AtomicInteger(1);

    /** Where a transmit begins that is told to begin at the file's present position; nothing else looks at it. */
    public volatile long position;

    /**
     * Its size when a transmit last asked for it. Up to here is an offset in the file, or was: if the file has shrunk since, the
     * transmit ends with TRUNCATED, as it does when the file shrinks a moment later.
     */
    public volatile long sizeSeen;

    /** Operations that the engine works on at once, in no order between them; appends are not among them. */
    public final OperationList inEngine = new OperationList();

    /**
     * A file with one user, its handle.
     *
     * @param alignment what offsets, lengths and addresses must be multiples of; 1 for none
     */
    public OpenFile(Path path, FileAccess access, int alignment, Closer closer) {
        this.path = path;
        this.access = access;
        this.alignment = alignment;
        this.closer = closer;
    }

    public Path path() {
        return path;
    }

    public FileAccess access() {
        return access;
    }

    /** What offsets, lengths and addresses must be multiples of, because the page cache is bypassed; 1 for none. */
    public int alignment() {
        return alignment;
    }

    /**
     * Keeps the descriptor open until {@link #unpin()}, whatever becomes of the handle.
     *
     * @return false if it is closed
     */
    public boolean pin() {
        for (int seen = users.get(); seen > 0; seen = users.get()) {
            if (users.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Ends a {@link #pin()}, or the use of the handle; the last one closes the descriptor. */
    public void unpin() {
        int left = users.decrementAndGet();
        assert left >= 0 : "unpinned more often than pinned: " + path;
        if (left == 0) {
            closer.close();
        }
    }

    /** Whether the descriptor is closed. */
    public boolean isClosed() {
        return users.get() == 0;
    }
}
