package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Writes all of its memory or fails, at an offset or, as an append, at the end. */
public final class FileWrite extends FileOperation {
    /** {@link #offset} of an append. */
    public static final long AT_END = -1;

    /** Native memory to write. Alive until the packet is delivered. */
    public MemorySegment memory = MemorySegment.NULL;

    /** Where in the file it begins; {@link #AT_END} for an append. */
    public long offset;

    /** The library buffer that is being written, with a lease of the operation's own; null for other memory. */
    private @Nullable LeasedBuffer source;

    public FileWrite(Object packet) {
        super(packet);
    }

    /** Memory that is not of the library. */
    public void from(MemorySegment data, long to) {
        memory = data;
        offset = to;
        source = null;
    }

    /** The filled part of a library buffer, whose lease is {@linkplain LeasedBuffer#pin() pinned} and now the operation's. */
    public void from(LeasedBuffer data, long to) {
        memory = data.filled();
        offset = to;
        source = data;
    }

    @Override
    public void forget() {
        LeasedBuffer lent = source;
        if (lent != null) {
            source = null;
            lent.unpinToLease();
        }
    }

    @Override
    public void settle() {
        LeasedBuffer written = source;
        if (written != null) {
            source = null;
            written.unpin();
        }
    }

    public boolean isAppend() {
        return offset == AT_END;
    }

    @Override
    public boolean isInOrder() {
        return isAppend();
    }

    @Override
    public OperationKind kind() {
        return OperationKind.FILE_WRITE;
    }
}
