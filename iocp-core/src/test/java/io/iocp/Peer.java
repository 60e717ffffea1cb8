package io.iocp;

import io.iocp.engine.simulated.SimulatedPeer;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

/** The other end of a connection under test: a plain socket, or the peer in a simulated network. */
public interface Peer extends Closeable {
    InetSocketAddress localAddress();

    InetSocketAddress remoteAddress();

    InputStream input() throws IOException;

    OutputStream output() throws IOException;

    /** Ends its stream in good order. */
    void shutdownOutput() throws IOException;

    /** Closes it with a reset. */
    void reset() throws IOException;

    static Peer of(Socket socket) {
        return new Peer() {
            @Override
            public InetSocketAddress localAddress() {
                return (InetSocketAddress) socket.getLocalSocketAddress();
            }

            @Override
            public InetSocketAddress remoteAddress() {
                return (InetSocketAddress) socket.getRemoteSocketAddress();
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

    static Peer of(SimulatedPeer peer) {
        return new Peer() {
            @Override
            public InetSocketAddress localAddress() {
                return peer.localAddress();
            }

            @Override
            public InetSocketAddress remoteAddress() {
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
