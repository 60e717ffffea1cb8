package io.iocp;

import io.iocp.engine.simulated.SimulatedPeer;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;

/** The other end of a connection under test: a plain socket, or the peer in a simulated network. */
public interface Peer extends Closeable {
    SocketAddress localAddress();

    SocketAddress remoteAddress();

    InputStream input() throws IOException;

    OutputStream output() throws IOException;

    /** Ends its stream in good order. */
    void shutdownOutput() throws IOException;

    /** Closes it with a reset. */
    void reset() throws IOException;

    static Peer of(Socket socket) {
        return new Peer() {
            @Override
            public SocketAddress localAddress() {
                return socket.getLocalSocketAddress();
            }

            @Override
            public SocketAddress remoteAddress() {
                return socket.getRemoteSocketAddress();
            }

            @Override
            public InputStream input() throws IOException {
                return socket.getInputStream();
            }

            @Override
            public OutputStream output() throws IOException {
                return socket.getOutputStream();
            }

            @Override
            public void shutdownOutput() throws IOException {
                socket.shutdownOutput();
            }

            @Override
            public void reset() throws IOException {
                socket.setSoLinger(true, 0);
                socket.close();
            }

            @Override
            public void close() throws IOException {
                socket.close();
            }
        };
    }

    /** A channel whose reads and writes wait: for Unix domain sockets, which cannot be reset but by closing them unread. */
    static Peer of(SocketChannel channel) {
        return new Peer() {
            @Override
            public SocketAddress localAddress() {
                return addressOf(channel::getLocalAddress);
            }

            @Override
            public SocketAddress remoteAddress() {
                return addressOf(channel::getRemoteAddress);
            }

            @Override
            public InputStream input() {
                return Channels.newInputStream(channel);
            }

            @Override
            public OutputStream output() {
                return Channels.newOutputStream(channel);
            }

            @Override
            public void shutdownOutput() throws IOException {
                channel.shutdownOutput();
            }

            @Override
            public void reset() {
                throw new UnsupportedOperationException("a Unix domain socket has no reset");
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    private static SocketAddress addressOf(Callable<SocketAddress> getter) {
        try {
            return getter.call();
        } catch (Exception e) {
            throw new AssertionError("no address", e);
        }
    }

    static Peer of(SimulatedPeer peer) {
        return new Peer() {
            @Override
            public SocketAddress localAddress() {
                return peer.localAddress();
            }

            @Override
            public SocketAddress remoteAddress() {
                return peer.remoteAddress();
            }

            @Override
            public InputStream input() {
                return peer.input();
            }

            @Override
            public OutputStream output() {
                return peer.output();
            }

            @Override
            public void shutdownOutput() {
                peer.shutdownOutput();
            }

            @Override
            public void reset() {
                peer.reset();
            }

            @Override
            public void close() {
                peer.close();
            }
        };
    }
}
