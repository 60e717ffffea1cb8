package io.iocp.engine.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** A connected channel and the progress of its send. Thread: shard holder. */
final class NioSocket extends NioEndpoint {
    final SocketChannel channel;
    final SendCursor cursor = new SendCursor();

    /** It stands in its pool's line of sockets that wait for a receive buffer. */
    boolean awaitingBuffer;

    private NioSocket(SocketChannel channel, SocketAddress local, SocketAddress remote, int receiveBufferSize) {
        super(false, local, remote);
        this.channel = channel;
        this.receiveBufferSize = receiveBufferSize;
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
        if (listener.tcpNoDelay && remote instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        return new NioSocket(channel, local, remote, listener.receiveBufferSize);
    }

    @Override
    SocketChannel channel() {
        return channel;
    }

    @Override
    int inputOp() {
        return SelectionKey.OP_READ;
    }
}
