package io.iocp.operation;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Accepts one connection, or, {@link #continuous}, one after the other until it is cancelled or the listener is closed.
 */
public final class Accept extends Stream {
    public boolean continuous;

    /** Descriptors ran out: the timer with which the shard submits it again a little later. Else null. */
    @Nullable
    public Object retry;

    /** The handle that the connection is to be put in, which this accept has claimed; null = a new one. */
    @Nullable
    public Endpoint target;

    /** Receives the first bytes of the connection, as a part, before the packet; null if they are not waited for. */
    @Nullable
    public Receive firstData;

    /** The caller's memory for them; null for a buffer of the engine's, or if they are not waited for. */
    @Nullable
    public MemorySegment buffer;

    /** How long it waits for them, from the moment that the connection is there; 0 = for ever. */
    public long firstDataNanos;

    /** If they do not come in time the connection is delivered without; else it is closed. */
    public boolean deliverSilent;

    /** The time for the first bytes is over. */
    public boolean silent;

    /** The connection whose first bytes it waits for: it is out of its listener's FIFO. Null before and after. */
    @Nullable
    public Endpoint awaited;

    /** The timer that ends the wait for the first bytes; null when none runs. */
    @Nullable
    public Object firstDataTimer;

    /** The connection of the packet being delivered. */
    @Nullable
    public Endpoint accepted;

    /** The public handle of that connection, from its packet's delivery to the next. */
    @Nullable
    public Object connection;

    private final Deque<Endpoint> stash = new ArrayDeque<>(0);

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
        return continuous ? this : null;
    }

    @Override
    public void settle() {
        Receive first = firstData;
        if (first != null) {
            first.settle();
            firstData = null;
        }
        if (target != null && accepted == null) {
            target.unclaim();
        }
    }

    /** Keeps an accepted connection until its packet is delivered. */
    public void stash(Endpoint connection) {
        stash.add(connection);
    }

    public boolean hasStashed() {
        return !stash.isEmpty();
    }

    @Nullable
    public Endpoint unstash() {
        return stash.poll();
    }
}
