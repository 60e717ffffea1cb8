package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Sends all of its memory or fails. */
public final class Send extends Operation {
    /** Native memory to send if it is one piece. Alive until the packet is delivered. */
    private MemorySegment single = MemorySegment.NULL;

    /** If it is several, in order; the array may be longer. Empty if it is one. */
    private MemorySegment[] several = NOTHING;

    /** How many pieces of memory there are to send. */
    public int pieces;

    /** More follows at once that may be in the same packet; a part of a {@link Transmit}. */
    public boolean continues;

    private static final MemorySegment[] NOTHING = {};

    /** The library buffer that is being sent, with a lease of the operation's own; null for other memory. */
    private @Nullable LeasedBuffer source;

    public Send(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return secure ? OperationKind.TLS_SEND : OperationKind.SEND;
    }

    @Override
    public boolean isOutput() {
        return true;
    }

    /** One piece that is not of the library. */
    public void one(MemorySegment data) {
        single = data;
        several = NOTHING;
        pieces = 1;
        source = null;
    }

    /** The filled part of a library buffer, whose lease is {@linkplain LeasedBuffer#pin() pinned} and now the operation's. */
    public void one(LeasedBuffer data) {
        one(data.filled());
        source = data;
    }

    /** The filled part of a library buffer, which the kernel may go on reading when the send has ended. */
    public void one(LeasedBuffer data, BufferRelease whenRead) {
        one(data.filled());
        extras().release = whenRead;
    }

    /** Set if the kernel may be lent the memory: it is to be {@linkplain BufferRelease#hold held} meanwhile. */
    @Nullable
    public BufferRelease release() {
        OperationExtras known = knownExtras();
        return known == null ? null : known.release;
    }

    /** The send has ended: it lets go of its buffer, which the kernel may still hold; null if it is no such send. */
    @Nullable
    public BufferRelease takeRelease() {
        OperationExtras known = knownExtras();
        if (known == null) {
            return null;
        }
        BufferRelease taken = known.release;
        known.release = null;
        return taken;
    }

    /** One of the pieces, from 0. */
    public MemorySegment piece(int index) {
        return several.length == 0 ? single : several[index];
    }

    /** The pieces if they are several, perhaps with others behind them. */
    public MemorySegment[] several() {
        return several;
    }

    /** The first pieces of the array, which are not of the library. */
    public void several(MemorySegment[] data, int count) {
        several(data);
        pieces = count;
    }

    /** Several pieces that are not of the library. */
    public void several(MemorySegment[] data) {
        several = data;
        pieces = data.length;
        source = null;
    }

    @Override
    public void forget() {
        LeasedBuffer lent = source;
        if (lent != null) {
            source = null;
            lent.unpinToLease();
        }
        BufferRelease lending = takeRelease();
        if (lending != null) {
            lending.forgetSend();
        }
    }

    @Override
    public void settle() {
        LeasedBuffer sent = source;
        if (sent != null) {
            source = null;
            sent.unpin();
        }
    }

    /** Bytes of all pieces. */
    public long length() {
        long sum = 0;
        for (int i = 0; i < pieces; i++) {
            sum += piece(i).byteSize();
        }
        return sum;
    }
}
