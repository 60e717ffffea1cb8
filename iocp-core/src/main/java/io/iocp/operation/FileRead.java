package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/** Reads once, at an offset. */
public final class FileRead extends FileOperation {
    /** Native memory that the engine fills, at least one byte. Alive until the packet is delivered. */
    public MemorySegment memory = MemorySegment.NULL;

    /** Where in the file it begins. */
    public long offset;

    /** The user's channel that it reads, as a part of a {@link Transmit}; null if it reads its endpoint. */
    private @Nullable FileChannel channel;

    /** Library memory behind {@link #memory} while {@link #copyTo} is set. */
    private @Nullable LeasedBuffer bounce;

    /** The caller's library buffer, whose lease is the operation's meanwhile; null for other memory. */
    private @Nullable LeasedBuffer target;

    /** The caller's own memory if it must not enter the kernel: filled from {@link #memory} before delivery. */
    private @Nullable MemorySegment copyTo;

    public FileRead(Object packet) {
        super(packet);
    }

    /** As a part: from this source, of which the endpoint is the file, if it is one. */
    public void from(FileSource source) {
        channel = source.channel();
    }

    /** The user's channel that it reads; null if it reads its endpoint. */
    public @Nullable FileChannel channel() {
        return channel;
    }

    /** Into the caller's memory, which the kernel may be given. */
    public void into(MemorySegment callers, long from) {
        memory = callers;
        offset = from;
        copyTo = null;
        bounce = null;
        target = null;
    }

    /** Into a library buffer, whose lease is {@linkplain LeasedBuffer#pin() pinned} until the operation has ended. */
    public void into(LeasedBuffer callers, long from) {
        into(callers.filled(), from);
        target = callers;
    }

    /** Into library memory first, then into the caller's, which the kernel must not be given. */
    public void into(MemorySegment callers, LeasedBuffer through, long from) {
        bounce = through;
        memory = through.filled();
        offset = from;
        copyTo = callers;
        target = null;
    }

    @Override
    public void forget() {
        LeasedBuffer lent = target;
        if (lent != null) {
            target = null;
            lent.unpinToLease();
        }
        LeasedBuffer through = bounce;
        bounce = null;
        if (through != null) {
            through.release();
        }
    }

    /** The memory that the caller gave. */
    public MemorySegment callersMemory() {
        return copyTo != null ? copyTo : memory;
    }

    @Override
    public void settle() {
        LeasedBuffer filled = target;
        if (filled != null) {
            target = null;
            filled.length((int) bytes);
            filled.unpinToLease();
            return;
        }
        LeasedBuffer through = bounce;
        if (through == null || copyTo == null) {
            return;
        }
        bounce = null;
        try {
            MemorySegment.copy(memory, 0, copyTo, 0, bytes);
        } catch (IllegalStateException | WrongThreadException e) {
            // The caller freed its memory while the operation was in flight.
            status = Status.FAULT;
            bytes = 0;
        } finally {
            through.release();
        }
    }

    @Override
    public OperationKind kind() {
        return OperationKind.FILE_READ;
    }

    @Override
    public boolean isOutput() {
        return false;
    }
}
