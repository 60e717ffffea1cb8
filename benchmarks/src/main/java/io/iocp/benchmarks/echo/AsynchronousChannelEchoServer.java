package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;

/**
 * The JDK's asynchronous channels as an echo server of any bytes: completion handlers on a group of {@code threads=} threads,
 * each connection with a direct buffer of 4 KiB that is read and written in turn.
 *
 * <p>A fixed group, since its threads wait for events themselves; a cached one hands every completion to another thread. Where
 * an operation completes at once, the JDK calls the handler in the same thread, up to sixteen deep.
 */
public final class AsynchronousChannelEchoServer {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 4096;

    private AsynchronousChannelEchoServer() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        int threads = given.number("threads", 1);
        given.done();
        AsynchronousChannelGroup group = AsynchronousChannelGroup.withFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("echo-", 1).factory());
        try (AsynchronousServerSocketChannel listening = AsynchronousServerSocketChannel.open(group)
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG)) {
            listening.accept(null, new Accepted(listening));
            Console.serve(((InetSocketAddress) listening.getLocalAddress()).getPort(), () -> "");
        } finally {
            group.shutdownNow();
        }
    }

    /** Accepts one after the other. */
    private record Accepted(AsynchronousServerSocketChannel listening)
            implements CompletionHandler<AsynchronousSocketChannel, Void> {
        @Override
        public void completed(AsynchronousSocketChannel channel, Void none) {
            listening.accept(null, this);
            try {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                new Connection(channel, ByteBuffer.allocateDirect(BUFFER_BYTES)).read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed(Throwable cause, Void none) {
            // Closed: the process ends.
        }
    }

    /** One connection: reads what is there, and reads again when all of it is written. */
    private record Connection(AsynchronousSocketChannel channel, ByteBuffer buffer) {
        void read() {
            channel.read(buffer.clear(), this, Read.HANDLER);
        }

        void write() {
            channel.write(buffer, this, Written.HANDLER);
        }

        void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Read implements CompletionHandler<Integer, Connection> {
        static final Read HANDLER = new Read();

        @Override
        public void completed(Integer bytes, Connection connection) {
            if (bytes < 0) {
                connection.close();
            } else {
                connection.buffer.flip();
                connection.write();
            }
        }

        @Override
        public void failed(Throwable cause, Connection connection) {
            connection.close();
        }
    }

    private static final class Written implements CompletionHandler<Integer, Connection> {
        static final Written HANDLER = new Written();

        @Override
        public void completed(Integer bytes, Connection connection) {
            if (connection.buffer.hasRemaining()) {
                connection.write();
            } else {
                connection.read();
            }
        }

        @Override
        public void failed(Throwable cause, Connection connection) {
            connection.close();
        }
    }
}
