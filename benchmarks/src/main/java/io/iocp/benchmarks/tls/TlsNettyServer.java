package io.iocp.benchmarks.tls;

import io.iocp.benchmarks.echo.NettyTransport;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;

/** Netty's TLS server, with the JDK's engine or OpenSSL's. */
public final class TlsNettyServer {

    private TlsNettyServer() {}

    public static void main(String[] arguments) throws IOException, GeneralSecurityException, InterruptedException {
        Arguments given = new Arguments(arguments);
        NettyTransport transport = NettyTransport.named(given.text("transport", "epoll"));
        SslContext context =
                NettyTls.context(Path.of(given.text("keys", "")), "openssl".equals(given.text("provider", "jdk")));
        int answerBytes = given.number("answer", 0);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(given.number("loops", 1), transport.loops());
        given.done();
        ByteBuf answer = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(TlsAnswers.of(answerBytes)));
        try {
            Channel listening = new ServerBootstrap()
                    .group(loops)
                    .channel(transport.channel())
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(context.newHandler(channel.alloc()))
                                    .addLast(new Answering(answer, answerBytes));
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            Console.serve(((InetSocketAddress) listening.localAddress()).getPort(), () -> "");
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** One connection. Its futures are nobody's: what fails closes it, and the load generator sees that. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Answering extends ChannelInboundHandlerAdapter {
        private final ByteBuf answer;
        private final TlsAnswers answers;

        Answering(ByteBuf answer, int answerBytes) {
            this.answer = answer;
            this.answers = new TlsAnswers(answerBytes);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object received) {
            ByteBuf data = (ByteBuf) received;
            if (answers.echo()) {
                context.write(data, context.voidPromise());
                return;
            }
            int due = answers.due(data.readableBytes());
            data.release();
            for (int i = 0; i < due; i++) {
                context.write(answer.duplicate(), context.voidPromise());
            }
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
}
