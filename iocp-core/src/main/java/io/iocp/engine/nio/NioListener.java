package io.iocp.engine.nio;

import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.ListenOptions;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;

/** A listening channel. Thread: shard holder. */
final class NioListener extends NioEndpoint {
    final ServerSocketChannel channel;

    /** How the connections are opened that it accepts. */
    final ConnectionOptions connections;

    NioListener(ServerSocketChannel channel, SocketAddress local, ListenOptions options) {
        super(Kind.LISTENER, local, null);
        this.channel = channel;
        connections = options.connections();
        receiveBufferSize = options.receiveBufferSize();
    }

    @Override
    ServerSocketChannel channel() {
        return channel;
    }

    @Override
    boolean hasChannel() {
        return true;
    }

    @Override
    int inputOp() {
        return SelectionKey.OP_ACCEPT;
    }
}
