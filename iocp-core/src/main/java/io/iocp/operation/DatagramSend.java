package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Sends one datagram, whole or not at all. */
public final class DatagramSend extends DatagramOperation {
    private static final MemorySegment[] NOTHING = {};

    /** The most pieces that one datagram can be gathered from. */
    public static final int MOST_PIECES = 1024;

    /** The most bytes of one datagram: 65,535 less the headers of IPv4 and UDP. */
    public static final int MOST_BYTES = 65_507;

    /** Native memory of the datagram, one piece or several, in order. Alive until the packet is delivered. */
    public MemorySegment[] memory = NOTHING;

    /** How many of {@link #memory} belong to this send; the array may be longer. At most {@link #MOST_PIECES}. */
    public int pieces;

    /** Where it goes; null to the peer of the endpoint. */
    @Nullable
    public SocketAddress to;

    /** The library buffer that is being sent, with a lease of the operation's own; null for other memory. */
    private @Nullable LeasedBuffer source;

    public DatagramSend(Object packet) {
        super(packet);
    }

    /** One piece that is not of the library. */
    public void one(MemorySegment data, @Nullable SocketAddress target) {
        if (memory.length == 0) {
            memory = new MemorySegment[1];
        }
        memory[0] = data;
        pieces = 1;
        to = target;
        source = null;
    }

    /** The filled part of a library buffer, whose lease is {@linkplain LeasedBuffer#pin() pinned} and now the operation's. */
    public void one(LeasedBuffer data, @Nullable SocketAddress target) {
        one(data.filled(), target);
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
        LeasedBuffer sent = source;
        if (sent != null) {
            source = null;
            sent.unpin();
        }
    }

    /** Bytes of the datagram. */
    public long length() {
        long sum = 0;
        for (int i = 0; i < pieces; i++) {
            sum += memory[i].byteSize();
        }
        return sum;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.SEND;
    }

    @Override
    public boolean isOutput() {
        return true;
    }
}
