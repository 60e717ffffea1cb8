package io.iocp.engine.nio;

import io.iocp.operation.Endpoint;
import io.iocp.operation.Operation;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint with a channel, its key on one selector, and the operations that the loop has of it.
 *
 * <p>Thread: shard holder.
 */
abstract sealed class NioEndpoint extends Endpoint permits NioListener, NioSocket, NioDatagram {
    /** The operation of the input direction that the loop has. */
    @Nullable
    Operation inputOperation;

    /** The operation of the output direction that the loop has. */
    @Nullable
    Operation outputOperation;

    /**
     * Input is known to be ready though the selector no longer watches for it: readiness came when nobody wanted it, or the
     * end of the stream was seen. The next input operation is then tried at once.
     */
    boolean inputReady;

    /**
     * What the selector found, until it is performed; 0 if there is nothing to. Handlers have run in between, so it may be out of
     * date, or of a descriptor before this one: then an operation is tried in vain.
     */
    int readyOps;

    /** {@link NioLoop#shutdown} was called: whatever fails from now on fails because of us. */
    boolean shutDown;

    @Nullable
    private SelectionKey key;

    private int interest;

    NioEndpoint(Kind kind, SocketAddress local, @Nullable SocketAddress remote) {
        super(kind, local, remote);
    }

    abstract SelectableChannel channel();

    /** False for a connection that is not connected. */
    abstract boolean hasChannel();

    /** The readiness that input operations wait for. */
    abstract int inputOp();

    final @Nullable Operation operationOf(boolean output) {
        return output ? outputOperation : inputOperation;
    }

    final boolean isWatching(int op) {
        return (interest & op) != 0;
    }

    /** Watches for one more kind of readiness; the first call registers the channel. */
    final void watch(Selector selector, int op) throws ClosedChannelException {
        if ((interest & op) == 0) {
            setInterest(selector, interest | op);
        }
    }

    /** Stops watching for one kind of readiness, so that a level-triggered selector does not report it for ever. */
    final void unwatch(int op) {
        SelectionKey k = key;
        if ((interest & op) != 0 && k != null && k.isValid()) {
            interest &= ~op;
            k.interestOps(interest);
        }
    }

    private void setInterest(Selector selector, int ops) throws ClosedChannelException {
        SelectionKey k = key;
        if (k == null) {
            key = channel().register(selector, ops, this);
        } else if (k.isValid()) {
            k.interestOps(ops);
        } else {
            throw new ClosedChannelException();
        }
        interest = ops;
    }

    /** No selector is to look after it any more; true if one has to be told. */
    final boolean deregister() {
        SelectionKey k = key;
        key = null;
        interest = 0;
        if (k != null) {
            k.cancel();
        }
        return k != null;
    }

    /** The channel is gone: nothing of it counts any more. */
    final void forget() {
        key = null;
        interest = 0;
        inputReady = false;
        shutDown = false;
    }

    /**
     * Closes the channel. Nothing if there is none.
     *
     * @return true if the descriptor is freed only by the selector's next select, because the channel is registered
     */
    final boolean closeChannel() throws IOException {
        if (!hasChannel()) {
            return false;
        }
        boolean registered = channel().isRegistered();
        channel().close();
        return registered;
    }
}
