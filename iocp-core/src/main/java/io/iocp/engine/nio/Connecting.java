package io.iocp.engine.nio;

import io.iocp.operation.Connect;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Status;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/**
 * Connects: each try with a channel of its own, which is closed unless it comes to stand.
 *
 * <p>Thread: shard holder.
 */
final class Connecting {
    private final Selector selector;
    private final Completions completions;

    Connecting(Selector selector, Completions completions) {
        this.selector = selector;
        this.completions = completions;
    }

    /** Begins, or goes on when the channel is ready. */
    void perform(Connect connect, NioSocket socket) {
        try {
            boolean stands = socket.hasChannel() ? socket.channel().finishConnect() : begin(connect, socket);
            if (!stands) {
                socket.watch(selector, SelectionKey.OP_CONNECT);
                return;
            }
            socket.unwatch(SelectionKey.OP_CONNECT);
            SocketAddress local = socket.channel().getLocalAddress();
            SocketAddress remote = socket.channel().getRemoteAddress();
            if (local != null && remote != null) {
                socket.addresses(local, remote);
                completions.completed(connect, Status.OK, 0, 0);
            } else {
                throw new IOException("the connection has no addresses any more");
            }
        } catch (IOException e) {
            drop(socket);
            completions.failed(connect, IoFailure.ofConnect(e), 0);
        }
    }

    private static boolean begin(Connect connect, NioSocket socket) throws IOException {
        SocketAddress remote = Objects.requireNonNull(connect.remote);
        ConnectionOptions options = socket.options;
        ProtocolFamily family = NioEngine.family(remote);
        SocketChannel channel = SocketChannel.open(family);
        socket.give(channel);
        channel.configureBlocking(false);
        ChannelSettings.ofStream(channel, family != StandardProtocolFamily.UNIX, options.socket());
        if (connect.local != null) {
            ChannelSettings.beforeBind(channel, connect.local, options.socket());
            if (family != StandardProtocolFamily.UNIX) {
                // Else a connection that this address has had lately (TIME_WAIT) would be in the way.
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            }
            channel.bind(connect.local);
        }
        return channel.connect(remote);
    }

    /** A try has failed: its channel is of no use. */
    static void drop(NioSocket socket) {
        if (socket.hasChannel()) {
            boolean shutDown = socket.shutDown;
            try {
                socket.takeChannel().close();
            } catch (IOException e) {
                return; // close(2) frees the descriptor whatever it reports
            } finally {
                socket.shutDown = shutDown;
            }
        }
    }
}
