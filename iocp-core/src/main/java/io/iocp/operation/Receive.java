package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Receives once: into the caller's memory, or into a buffer of the engine's, so that an idle connection holds none. */
public final class Receive extends Operation {
    /** Native memory that the engine fills, null for a buffer of the engine's. Alive until the packet is delivered. */
    @Nullable
    public MemorySegment memory;

    /** Library memory behind {@link #memory} while {@link #copyTo} is set. */
    public @Nullable LeasedBuffer bounce;

    /** The caller's own memory if it must not enter the kernel: filled from {@link #memory} before delivery. */
    @Nullable
    public MemorySegment copyTo;

    public Receive(Object packet) {
        super(packet);
    }

    /** Into the caller's memory, which the kernel may be given. */
    public void into(MemorySegment callers) {
        memory = callers;
        copyTo = null;
        bounce = null;
    }

    /** Into library memory first, then into the caller's, which the kernel must not be given. */
    public void into(MemorySegment callers, LeasedBuffer through) {
        bounce = through;
        memory = through.filled();
        copyTo = callers;
    }

    /** Into a buffer of the engine's. */
    public void intoEngineBuffer() {
        memory = null;
        copyTo = null;
        bounce = null;
    }

    @Override
    public void settle() {
        LeasedBuffer through = bounce;
        MemorySegment from = memory;
        if (through == null || from == null || copyTo == null) {
            return;
        }
        bounce = null;
        try {
            MemorySegment.copy(from, 0, copyTo, 0, bytes);
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
        return OperationKind.RECEIVE;
    }
}
