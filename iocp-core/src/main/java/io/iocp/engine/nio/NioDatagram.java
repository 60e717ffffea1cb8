package io.iocp.engine.nio;

import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/** A datagram channel. Thread: shard holder. */
final class NioDatagram extends NioEndpoint {
    final DatagramChannel channel;

    NioDatagram(DatagramChannel channel, SocketAddress local, @Nullable SocketAddress peer, int receiveBufferSize) {
        super(Kind.DATAGRAM, local, peer);
        this.channel = channel;
        this.receiveBufferSize = receiveBufferSize;
    }

    @Override
    DatagramChannel channel() {
        return channel;
    }

    @Override
    boolean hasChannel() {
        return true;
    }

    @Override
    int inputOp() {
        return SelectionKey.OP_READ;
    }
}
