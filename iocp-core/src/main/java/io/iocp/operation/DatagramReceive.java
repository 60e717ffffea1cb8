package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Receives one datagram: into the caller's memory, or into a library buffer that the packet brings. The engine fills {@link
 * #memory}, and sets {@link #peer} and {@link #truncated} when it completes it with OK; no bytes are a datagram too.
 */
public final class DatagramReceive extends DatagramOperation {
    /** Native memory that the engine fills. Alive until the packet is delivered. */
    public MemorySegment memory = MemorySegment.NULL;

    /** Who sent the datagram; null until one has come. */
    @Nullable
    public SocketAddress peer;

    /** The datagram was longer than the memory: the rest of it is lost. */
    public boolean truncated;

    /** Library memory that {@link #memory} is of; null if it is the caller's. */
    private @Nullable LeasedBuffer buffer;

    /** The caller's memory; null if the packet is to bring {@link #buffer}. */
    private @Nullable MemorySegment callers;

    public DatagramReceive(Object packet) {
        super(packet);
    }

    /** Into a library buffer, whose lease is the operation's now and the packet's later. */
    public void into(LeasedBuffer own, int length) {
        begin(null, own);
        own.length(length);
        memory = own.filled();
    }

    /** Into the caller's memory, which the kernel may be given. */
    public void into(MemorySegment target) {
        begin(target, null);
        memory = target;
    }

    /** Into library memory first, then into the caller's, which the kernel must not be given. */
    public void into(MemorySegment target, LeasedBuffer through) {
        begin(target, through);
        through.length((int) Math.min(target.byteSize(), through.capacity()));
        memory = through.filled();
    }

    private void begin(@Nullable MemorySegment target, @Nullable LeasedBuffer through) {
        callers = target;
        buffer = through;
        peer = null;
        truncated = false;
    }

    @Override
    public void settle() {
        LeasedBuffer through = buffer;
        if (through == null) {
            return;
        }
        if (callers == null && status == Status.OK) {
            buffer = null;
            through.length((int) bytes);
            lease = through;
            return;
        }
        try {
            if (callers != null && bytes > 0) {
                MemorySegment.copy(through.segment(), 0, callers, 0, bytes);
            }
        } catch (IllegalStateException | WrongThreadException e) {
            // The caller freed its memory while the operation was in flight.
            status = Status.FAULT;
            bytes = 0;
        } finally {
            forget();
        }
    }

    /** It has ended, or not begun: the library's memory goes back. */
    @Override
    public void forget() {
        LeasedBuffer through = buffer;
        if (through != null) {
            buffer = null;
            through.release();
        }
    }

    /** The caller's memory; null if the bytes are in a library buffer. */
    @Nullable
    public MemorySegment callersMemory() {
        return callers;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.RECEIVE;
    }
}
