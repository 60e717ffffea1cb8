package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Reads once, at an offset. */
public final class FileRead extends FileOperation {
    /** Native memory that the engine fills, at least one byte. Alive until the packet is delivered. */
    public MemorySegment memory = MemorySegment.NULL;

    /** Where in the file it begins. */
    public long offset;

    /** Library memory behind {@link #memory} while {@link #copyTo} is set. */
    private @Nullable LeasedBuffer bounce;

    /** The caller's own memory if it must not enter the kernel: filled from {@link #memory} before delivery. */
    private @Nullable MemorySegment copyTo;

    public FileRead(Object packet) {
        super(packet);
    }

    /** Into the caller's memory, which the kernel may be given. */
    public void into(MemorySegment callers, long from) {
        memory = callers;
        offset = from;
        copyTo = null;
        bounce = null;
    }

    /** Into library memory first, then into the caller's, which the kernel must not be given. */
    public void into(MemorySegment callers, LeasedBuffer through, long from) {
        bounce = through;
        memory = through.filled();
        offset = from;
        copyTo = callers;
    }

    /** The start failed: the library memory goes back. */
    public void forget() {
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
