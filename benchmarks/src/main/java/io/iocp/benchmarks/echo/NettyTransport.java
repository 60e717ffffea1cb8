package io.iocp.benchmarks.echo;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;

/** One of Netty's ways to the kernel. */
public record NettyTransport(IoHandlerFactory loops, Class<? extends ServerChannel> channel) {

    public static NettyTransport named(String name) {
        return switch (name) {
            case "epoll" -> new NettyTransport(EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
            case "io_uring" -> new NettyTransport(IoUringIoHandler.newFactory(), IoUringServerSocketChannel.class);
            case "nio" -> new NettyTransport(NioIoHandler.newFactory(), NioServerSocketChannel.class);
            default -> throw new IllegalArgumentException("transport is epoll, io_uring or nio: " + name);
        };
    }
}
