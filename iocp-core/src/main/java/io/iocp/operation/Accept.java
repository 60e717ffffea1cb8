package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * Accepts one connection, or, {@link #continuous}, one after the other until it is cancelled or the listener is closed.
 */
public final class Accept extends Operation {
    public boolean continuous;

    /** Descriptors ran out: the timer with which the shard submits it again a little later. Else null. */
    @Nullable
    public Object retry;

    /** The connection of the packet being delivered. */
    @Nullable
    public Endpoint accepted;

    /** Only for a continuous accept. */
    public final Stream stream = new Stream();

    @Nullable
    private Endpoint stashHead;

    @Nullable
    private Endpoint stashTail;

    public Accept(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.ACCEPT;
    }

    @Override
    @Nullable
    public Stream stream() {
        return continuous ? stream : null;
    }

    /** Keeps an accepted connection until its packet is delivered. */
    public void stash(Endpoint connection) {
        if (stashTail == null) {
            stashHead = connection;
        } else {
            stashTail.nextAccepted = connection;
        }
        stashTail = connection;
    }

    @Nullable
    public Endpoint unstash() {
        Endpoint first = stashHead;
        if (first != null) {
            stashHead = first.nextAccepted;
            first.nextAccepted = null;
            if (stashHead == null) {
                stashTail = null;
            }
        }
        return first;
    }
}
