package io.iocp.engine.nio;

import io.iocp.operation.ListenOptions;
import io.iocp.operation.SocketOptions;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;

/** A listening channel. Thread: shard holder. */
final class NioListener extends NioEndpoint {
    final ServerSocketChannel channel;

    /** What accepted connections get. */
    final SocketOptions options;

    NioListener(ServerSocketChannel channel, SocketAddress local, ListenOptions options) {
        super(Kind.LISTENER, local, null);
        this.channel = channel;
        this.options = options.socket();
        receiveBufferSize = options.receiveBufferSize();
    }

    @Override
    ServerSocketChannel channel() {
        return channel;
    }

    @Override
    int inputOp() {
        return SelectionKey.OP_ACCEPT;
    }
}
