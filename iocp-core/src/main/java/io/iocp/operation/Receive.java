package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Receives once: into the caller's memory, which may be in several pieces and may have to be filled, or into a buffer of the
 * engine's, so that an idle connection holds none. Or it receives nothing and only waits until there is something.
 *
 * <p>The engine knows {@link #memory} alone: it completes with any bytes in it. If all of the caller's memory is to be filled
 * the shard {@linkplain #goesOn books} them and submits the receive again, for the rest. (MSG_WAITALL, the kernel's own way,
 * swallows a reset that comes behind some bytes: Linux reports it once.)
 */
public final class Receive extends Operation {
    private static final MemorySegment[] NO_PIECES = {};

    /** Native memory that the engine fills next, null for a buffer of the engine's. Alive until the packet is delivered. */
    @Nullable
    public MemorySegment memory;

    /** Library memory that {@link #memory} is of, because the caller's must not enter the kernel. */
    private @Nullable LeasedBuffer bounce;

    /** All of the caller's memory if it is one piece. */
    private @Nullable MemorySegment whole;

    /** The caller's memory if it is several pieces. */
    private MemorySegment[] pieces = NO_PIECES;

    /** The piece that the next byte goes into. */
    private int piece;

    /** Where in that piece; where in {@link #whole} it says {@link #placed}. */
    private long offset;

    /** Bytes that all of the caller's memory holds. */
    private long capacity;

    /** Bytes that are where the caller wants them. */
    private long placed;

    private boolean fill;
    private boolean readable;

    public Receive(Object packet) {
        super(packet);
    }

    /** Into the caller's memory, which the kernel may be given. */
    public void into(MemorySegment callers) {
        begin(callers, NO_PIECES, callers.byteSize());
        memory = callers;
    }

    /** Into library memory first, then into the caller's, which the kernel must not be given. */
    public void into(MemorySegment callers, LeasedBuffer through) {
        begin(callers, NO_PIECES, callers.byteSize());
        bounceThrough(through);
    }

    /** Into library memory first, then into pieces of the caller's, one after the other and each to its end. */
    public void into(MemorySegment[] callers, LeasedBuffer through) {
        long sum = 0;
        for (MemorySegment one : callers) {
            sum += one.byteSize();
        }
        begin(null, callers, sum);
        bounceThrough(through);
    }

    /** Into a buffer of the engine's. */
    public void intoEngineBuffer() {
        begin(null, NO_PIECES, 0);
    }

    /** Into nothing: it completes when there is something to receive, and leaves it where it is. */
    public void intoNothing() {
        begin(null, NO_PIECES, 0);
        memory = MemorySegment.NULL;
        readable = true;
    }

    private void begin(@Nullable MemorySegment one, MemorySegment[] several, long bytesOfAll) {
        memory = null;
        bounce = null;
        whole = one;
        pieces = several;
        piece = 0;
        offset = 0;
        capacity = bytesOfAll;
        placed = 0;
        fill = false;
        readable = false;
    }

    private void bounceThrough(LeasedBuffer through) {
        bounce = through;
        through.length((int) Math.min(capacity, through.capacity()));
        memory = through.filled();
    }

    /** It is to complete only when all of the caller's memory is full, or nothing more will come. */
    public void fill() {
        fill = true;
    }

    /** It only asks whether there is something to receive. */
    public boolean isReadable() {
        return readable;
    }

    /** Bytes that have come in earlier goes: what it ends with is counted from there. */
    public boolean isPartlyFilled() {
        return placed > 0;
    }

    /**
     * The engine has brought some bytes. If more are wanted they are booked, and {@link #memory} is what the engine is to fill
     * next.
     *
     * @return false if the receive has ended with them: they are booked when it is {@linkplain #settle settled}
     */
    public boolean goesOn(long count) {
        if (!fill || placed + count >= capacity || !place(count)) {
            return false; // without its memory it ends at once, and settle() finds that out once more
        }
        long left = capacity - placed;
        LeasedBuffer through = bounce;
        if (through != null) {
            through.length((int) Math.min(left, through.capacity()));
            memory = through.filled();
        } else if (whole != null) {
            memory = whole.asSlice(placed);
        }
        return true;
    }

    /** Puts the next bytes where the caller wants them; false if that memory was freed while the operation was in flight. */
    private boolean place(long count) {
        LeasedBuffer through = bounce;
        if (through != null && count > 0) {
            try {
                copy(through.segment(), count);
            } catch (IllegalStateException | WrongThreadException e) {
                return false;
            }
        }
        placed += count;
        return true;
    }

    private void copy(MemorySegment from, long count) {
        if (whole != null) {
            MemorySegment.copy(from, 0, whole, placed, count);
            return;
        }
        for (long done = 0; done < count; ) {
            MemorySegment into = pieces[piece];
            long part = Math.min(count - done, into.byteSize() - offset);
            MemorySegment.copy(from, done, into, offset, part);
            done += part;
            offset += part;
            if (offset == into.byteSize()) {
                piece++;
                offset = 0;
            }
        }
    }

    @Override
    public void settle() {
        if (capacity == 0) {
            return; // the engine's buffer, or none
        }
        if (!place(bytes)) {
            status = Status.FAULT;
        }
        bytes = placed;
        forget();
    }

    /** It has ended, or not begun: the library's memory goes back. */
    @Override
    public void forget() {
        LeasedBuffer through = bounce;
        if (through != null) {
            bounce = null;
            through.release();
        }
    }

    /** The caller's memory if it is one piece; null if it is several, or the bytes are in a buffer of the engine's. */
    @Nullable
    public MemorySegment callersMemory() {
        return whole;
    }

    @Override
    public OperationKind kind() {
        if (readable) {
            return OperationKind.READABLE;
        }
        return secure ? OperationKind.TLS_RECEIVE : OperationKind.RECEIVE;
    }
}
