package io.iocp.engine.nio;

import io.iocp.operation.ConnectionOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A connected channel and the progress of its send. Thread: shard holder. */
final class NioSocket extends NioEndpoint {
    /** Null while it is not connected. */
    @Nullable
    private SocketChannel channel;

    /** How its channels are opened. */
    final ConnectionOptions options;

    final SendCursor cursor = new SendCursor();

    private static final int NOTHING = -1;

    /** A byte that was taken only to see whether there is one: it comes before all that the channel has. */
    private int pushedBack = NOTHING;

    /** What a read has met behind a byte that was pushed back; the next read fails with it. */
    private @Nullable IOException failure;

    /** It stands in its pool's line of sockets that wait for a receive buffer. */
    boolean awaitingBuffer;

    private NioSocket(SocketChannel channel, SocketAddress local, SocketAddress remote, ConnectionOptions options) {
        super(Kind.CONNECTION, local, remote);
        this.channel = channel;
        this.options = options;
        this.receiveBufferSize = options.receiveBufferSize();
    }

    /** A connection that is to be connected. */
    NioSocket(ConnectionOptions options) {
        super(Kind.CONNECTION, NOWHERE, null);
        this.options = options;
        this.receiveBufferSize = options.receiveBufferSize();
        beginUnconnected();
    }

    /**
     * Makes an endpoint of a connection just accepted and caches its addresses.
     *
     * @throws IOException if the peer is gone already
     */
    static NioSocket of(SocketChannel channel, NioListener listener) throws IOException {
        channel.configureBlocking(false);
        SocketAddress local = channel.getLocalAddress();
        SocketAddress remote = channel.getRemoteAddress();
        if (local == null || remote == null) {
            throw new IOException("the connection has no addresses any more");
        }
        ChannelSettings.ofStream(channel, remote instanceof InetSocketAddress, listener.connections.socket());
        return new NioSocket(channel, local, remote, listener.connections);
    }

    /**
     * Reads what is there, as {@link SocketChannel#read(ByteBuffer)} does.
     *
     * @return how many bytes, 0 for none now, -1 at the end of the stream
     */
    int read(ByteBuffer into) throws IOException {
        if (pushedBack == NOTHING) {
            throwFailure();
            return channel().read(into);
        }
        into.put((byte) pushedBack);
        pushedBack = NOTHING;
        try {
            return into.hasRemaining() ? 1 + Math.max(0, channel().read(into)) : 1;
        } catch (IOException e) {
            failure = e;
            return 1;
        }
    }

    private void throwFailure() throws IOException {
        IOException late = failure;
        if (late != null) {
            failure = null;
            throw late;
        }
    }

    /**
     * Whether {@link #read} would find something. A channel does not tell bytes from a reset but by a read: so one byte is
     * taken, and pushed back.
     *
     * @return 1 if there is a byte, 0 for none now, -1 at the end of the stream
     */
    int peek() throws IOException {
        if (pushedBack != NOTHING) {
            return 1;
        }
        throwFailure();
        ByteBuffer one = ByteBuffer.allocate(1);
        int n = channel().read(one);
        if (n > 0) {
            pushedBack = one.get(0) & 0xff;
        }
        return n;
    }

    /** Bytes that a read would get; -1 if the channel does not say. */
    int available() {
        int before = pushedBack == NOTHING ? 0 : 1;
        try {
            return before + channel().socket().getInputStream().available();
        } catch (IOException | UnsupportedOperationException e) {
            return -1; // closed for input, or no kind of socket that has a stream
        }
    }

    @Override
    SocketChannel channel() {
        SocketChannel open = channel;
        if (open == null) {
            throw new IllegalStateException("endpoint " + id() + " has no channel");
        }
        return open;
    }

    @Override
    boolean hasChannel() {
        return channel != null;
    }

    /** It has no channel, and gets this one. */
    void give(SocketChannel opened) {
        channel = opened;
        cursor.begin();
        pushedBack = NOTHING;
        failure = null;
    }

    /** Closing it resets it: its stream must not be ended in good order before. */
    boolean resetOnClose() {
        return options.socket().resetOnClose();
    }

    /** Gives the channel away. */
    SocketChannel takeChannel() {
        SocketChannel open = channel();
        channel = null;
        forget();
        return open;
    }

    @Override
    int inputOp() {
        return SelectionKey.OP_READ;
    }
}
