package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** Receives again and again into the engine's buffers, each delivered as a packet of its own, in order. */
public final class ReceiveContinuously extends Stream {
    @Nullable
    private LeasedBuffer stashHead;

    @Nullable
    private LeasedBuffer stashTail;

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
        buffer.next = null;
        if (stashTail == null) {
            stashHead = buffer;
        } else {
            stashTail.next = buffer;
        }
        stashTail = buffer;
        unread++;
    }

    public boolean hasStashed() {
        return stashHead != null;
    }

    /** Bytes received and not yet delivered. */
    public long stashedBytes() {
        long sum = 0;
        for (LeasedBuffer b = stashHead; b != null; b = b.next) {
            sum += b.length();
        }
        return sum;
    }

    @Nullable
    public LeasedBuffer unstash() {
        LeasedBuffer first = stashHead;
        if (first != null) {
            stashHead = first.next;
            first.next = null;
            if (stashHead == null) {
                stashTail = null;
            }
            unread--;
        }
        return first;
    }
}
