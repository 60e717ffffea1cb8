package io.iocp.operation;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint has because of TLS: whether there was a handshake, what it has come to, and what waits for records that are
 * still to be sent. A plain one has none.
 *
 * <p>Thread: the handshake any; every other field belongs to the holder of the endpoint's shard.
 */
final class TlsState {
    /** Whether there was a handshake. */
    private enum Handshaken {
        NO,
        /** One is about to be started; whoever starts something else now may come before it. */
        SOON,
        /** It is in its place: nothing goes in plain text behind it. */
        YES
    }

    private static final VarHandle HANDSHAKEN;

    static {
        try {
            HANDSHAKEN = MethodHandles.lookup().findVarHandle(TlsState.class, "handshaken", Handshaken.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile Handshaken handshaken = Handshaken.NO;

    /** What the handshake has come to; null before. */
    @Nullable
    volatile Security security;

    /** What the TLS floor keeps; null before and after. */
    @Nullable
    Object floor;

    /** As {@link Endpoint#parting()}. */
    @Nullable
    List<Operation> parting;

    /** As {@link Endpoint#recycling()}. */
    @Nullable
    Disconnect recycling;

    boolean begin() {
        return HANDSHAKEN.compareAndSet(this, Handshaken.NO, Handshaken.SOON);
    }

    void begun() {
        HANDSHAKEN.compareAndSet(this, Handshaken.SOON, Handshaken.YES);
    }

    void notBegun() {
        HANDSHAKEN.compareAndSet(this, Handshaken.SOON, Handshaken.NO);
    }

    boolean isSecure() {
        return handshaken == Handshaken.YES;
    }

    /** The connection has gone. */
    void renew() {
        handshaken = Handshaken.NO;
        security = null;
    }
}
