package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** Receives again and again into the engine's buffers, each delivered as a packet of its own, in order. */
public final class ReceiveContinuously extends Stream {
    /** The last of the buffers received and not yet delivered, whose next is the first: they are a ring. */
    @Nullable
    private LeasedBuffer stashLast;

    /** Buffers received and not yet delivered. */
    public int unread;

    public ReceiveContinuously(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return secure ? OperationKind.TLS_RECEIVE : OperationKind.RECEIVE;
    }

    @Override
    public Stream stream() {
        return this;
    }

    /** Keeps received bytes until their packet is delivered. */
    public void stash(LeasedBuffer buffer) {
        LeasedBuffer last = stashLast;
        if (last == null) {
            buffer.next = buffer;
        } else {
            buffer.next = last.next;
            last.next = buffer;
        }
        stashLast = buffer;
        unread++;
    }

    public boolean hasStashed() {
        return stashLast != null;
    }

    /** Bytes received and not yet delivered. */
    public long stashedBytes() {
        long sum = 0;
        LeasedBuffer one = stashLast;
        for (int i = 0; i < unread && one != null; i++) {
            sum += one.length();
            one = one.next;
        }
        return sum;
    }

    @Nullable
    public LeasedBuffer unstash() {
        LeasedBuffer last = stashLast;
        if (last == null) {
            return null;
        }
        LeasedBuffer first = last.next;
        if (first == last) {
            stashLast = null;
        } else {
            last.next = first == null ? null : first.next;
        }
        if (first != null) {
            first.next = null;
        }
        unread--;
        return first;
    }
}
