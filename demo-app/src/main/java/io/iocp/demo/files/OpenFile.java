package io.iocp.demo.files;

import io.iocp.FileHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A file that is open to be sent, with what its responses say of it.
 *
 * <p>Counted: the {@link FileCache} has one reference as long as it knows the file, and everybody who is about to send it has one;
 * the last to let go closes the handle. A transmit that was started needs none, since the port keeps the descriptor open until
 * it has ended. So a file that is thrown out of the cache is closed when its last transmit ends, and not before.
 *
 * <p>Thread: any.
 */
final class OpenFile implements Resource {

    private final Path requested;
    private final FileHandle handle;
    private final FileVersion version;
    private final String contentType;
    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicLong checkedNanos;
    private volatile long usedNanos;
    private volatile @Nullable CachedHead cachedHead;

    /** The head that was sent last, for the others of the same second. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record CachedHead(long epochSecond, KeepAlive keepAlive, byte[] bytes) {}

    /**
     * The first reference is the caller's.
     *
     * @param requested the path as it was asked for, before links were followed: it may lead elsewhere one day
     */
    OpenFile(Path requested, FileHandle handle, FileVersion version, String contentType, long nowNanos) {
        this.requested = requested;
        this.handle = handle;
        this.version = version;
        this.contentType = contentType;
        this.checkedNanos = new AtomicLong(nowNanos);
        this.usedNanos = nowNanos;
    }

    /** Adds a reference, unless the last was given up already. */
    boolean retain() {
        int now = references.get();
        while (now > 0) {
            if (references.compareAndSet(now, now + 1)) {
                return true;
            }
            now = references.get();
        }
        return false;
    }

    /** Gives a reference up. */
    void release() {
        if (references.decrementAndGet() == 0) {
            handle.close();
        }
    }

    /** What is sent; for whoever has a reference. */
    FileHandle handle() {
        return handle;
    }

    Path requested() {
        return requested;
    }

    FileVersion version() {
        return version;
    }

    String contentType() {
        return contentType;
    }

    /** Whether it is time to look whether the file has changed, and the caller is the one to do it. */
    boolean claimCheck(long nowNanos, long intervalNanos) {
        long checked = checkedNanos.get();
        return nowNanos - checked >= intervalNanos && checkedNanos.compareAndSet(checked, nowNanos);
    }

    void used(long nowNanos) {
        usedNanos = nowNanos;
    }

    long usedNanos() {
        return usedNanos;
    }

    /** The head of a response with all of the file. */
    byte[] wholeHead(HttpClock.Second now, KeepAlive keepAlive) {
        CachedHead known = cachedHead;
        if (known != null && known.epochSecond() == now.epochSecond() && known.keepAlive() == keepAlive) {
            return known.bytes();
        }
        byte[] head = new ResponseHead(HttpStatus.OK, now, keepAlive)
                .field("Content-Type", contentType)
                .contentLength(version.size())
                .version(version)
                .bytes();
        cachedHead = new CachedHead(now.epochSecond(), keepAlive, head);
        return head;
    }
}
