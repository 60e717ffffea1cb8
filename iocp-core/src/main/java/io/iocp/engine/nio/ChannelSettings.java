package io.iocp.engine.nio;

import io.iocp.operation.KeepAlive;
import io.iocp.operation.SocketOptions;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/** Sets on a channel what {@link SocketOptions} say, as far as its kind of socket has it. */
final class ChannelSettings {
    private ChannelSettings() {}

    /**
     * What counts when a channel is bound to {@code local}.
     *
     * @throws UnsupportedOperationException for what this JDK cannot set here
     */
    static void beforeBind(NetworkChannel channel, SocketAddress local, SocketOptions options) throws IOException {
        if (!(local instanceof InetSocketAddress ip)) {
            return;
        }
        if (options.reusePort()) {
            set(channel, StandardSocketOptions.SO_REUSEPORT, true);
        }
        if (options.ipv6Only() && ip.getAddress() instanceof Inet6Address) {
            throw new UnsupportedOperationException(
                    "ipv6Only: the JDK's channels cannot set IPV6_V6ONLY; listen on single"
                            + " IPv6 addresses, or use the io_uring engine");
        }
    }

    /** What a listener has before it is bound, and whether its connections will take the rest. */
    static void ofListener(ServerSocketChannel channel, SocketAddress local, SocketOptions options) throws IOException {
        if (local instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        }
        beforeBind(channel, local, options);
        if (options.receiveBuffer() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
        }
        if (local instanceof InetSocketAddress && options.keepAlive() != null) {
            try (SocketChannel trial = SocketChannel.open()) {
                ofStream(trial, true, options);
            }
        }
    }

    /** What a connection has. */
    static void ofStream(SocketChannel channel, boolean tcp, SocketOptions options) throws IOException {
        ofBuffers(channel, options);
        if (!tcp) {
            return;
        }
        if (options.noDelay()) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        KeepAlive keepAlive = options.keepAlive();
        if (keepAlive != null) {
            set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, seconds(keepAlive.idle()));
            set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds(keepAlive.interval()));
            set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, keepAlive.count());
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
        if (options.resetOnClose()) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
    }

    /** What every socket has. */
    static void ofBuffers(NetworkChannel channel, SocketOptions options) throws IOException {
        if (options.receiveBuffer() > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
        }
        if (options.sendBuffer() > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, options.sendBuffer());
        }
    }

    private static <T> void set(NetworkChannel channel, SocketOption<T> option, T value) throws IOException {
        if (!channel.supportedOptions().contains(option)) {
            throw new UnsupportedOperationException(
                    option.name() + " does not exist on this platform: leave it out, or use another engine");
        }
        channel.setOption(option, value);
    }

    private static int seconds(Duration time) {
        return (int) time.toSeconds();
    }
}
