package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Netty's echo server: the handler on the event loop, or on a group of threads beside it.
 *
 * <p>With {@code marks=false} nobody looks at the bytes.
 */
public final class NettyEchoServer {
    private static final int BACKLOG = 4096;

    private NettyEchoServer() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Arguments given = new Arguments(arguments);
        NettyTransport transport = NettyTransport.named(given.text("transport", "epoll"));
        int threads = given.number("threads", 0);
        Duration nap = Duration.ofMillis(given.number("nap", 20));
        boolean marks = Boolean.parseBoolean(given.text("marks", "true"));
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(given.number("loops", 2), transport.loops());
        given.done();
        EventExecutorGroup beside = threads == 0 ? null : new DefaultEventExecutorGroup(threads);
        try {
            Channel listening = new ServerBootstrap()
                    .group(loops)
                    .channel(transport.channel())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childHandler(new Connections(beside, marks, nap))
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            Console.serve(((InetSocketAddress) listening.localAddress()).getPort(), () -> "");
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            if (beside != null) {
                beside.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    private static final class Connections extends ChannelInitializer<Channel> {
        private final @Nullable EventExecutorGroup beside;
        private final boolean marks;
        private final Duration nap;

        Connections(@Nullable EventExecutorGroup beside, boolean marks, Duration nap) {
            this.beside = beside;
            this.marks = marks;
            this.nap = nap;
        }

        @Override
        @SuppressWarnings("deprecation") // deprecated in 4.2, which has nothing in its place yet
        protected void initChannel(Channel channel) {
            // Without a group it runs on the event loop.
            channel.pipeline().addLast(beside, marks ? new SleepyEcho(nap) : new Echo());
        }
    }

    /** One connection. Its futures are nobody's: what fails closes it, and the load generator sees that. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private static class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object received) throws InterruptedException {
            context.write(received, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** One connection, whose messages say whether to sleep. */
    private static final class SleepyEcho extends Echo {
        private final Duration nap;
        private final MessageCursor cursor = new MessageCursor();

        SleepyEcho(Duration nap) {
            this.nap = nap;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object received) throws InterruptedException {
            ByteBuf data = (ByteBuf) received;
            int length = data.readableBytes();
            for (int i = cursor.first(); i < length; i += Message.BYTES) {
                if (data.getByte(data.readerIndex() + i) == Message.SLEEP) {
                    Thread.sleep(nap);
                }
            }
            cursor.passed(length);
            super.channelRead(context, received);
        }
    }
}
