package io.iocp.spring.test;

import io.iocp.engine.simulated.SimulatedPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.util.concurrent.TimeUnit;

/**
 * A connected socket whose other end is in a simulated network, so that whatever works on sockets, the JDK's TLS above all,
 * works there too.
 *
 * <p>Thread: any, as a socket.
 */
final class SimulatedSocket extends Socket {
    private static final long FOREVER = TimeUnit.MINUTES.toNanos(10);

    private final SimulatedPeer peer;
    private final In in = new In();
    private volatile int timeoutMillis;
    private volatile boolean resetOnClose;
    private volatile boolean closed;
    private volatile boolean finished;

    SimulatedSocket(SimulatedPeer peer) throws SocketException {
        super((SocketImpl) null); // none: everything that would ask it is overridden
        this.peer = peer;
    }

    @Override
    public InputStream getInputStream() {
        return in;
    }

    @Override
    public OutputStream getOutputStream() {
        return peer.output();
    }

    @Override
    public void setSoTimeout(int millis) {
        timeoutMillis = millis;
    }

    @Override
    public int getSoTimeout() {
        return timeoutMillis;
    }

    @Override
    public void setSoLinger(boolean on, int seconds) {
        resetOnClose = on && seconds == 0;
    }

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void shutdownOutput() {
        finished = true;
        peer.shutdownOutput();
    }

    @Override
    public void close() {
        closed = true;
        if (resetOnClose) {
            peer.reset();
        } else {
            peer.close();
        }
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isInputShutdown() {
        return false;
    }

    @Override
    public boolean isOutputShutdown() {
        return finished;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return peer.remoteAddress();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return peer.localAddress();
    }

    @Override
    public InetAddress getInetAddress() {
        return peer.remoteAddress() instanceof InetSocketAddress ip
                ? ip.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    @Override
    public int getPort() {
        return peer.remoteAddress() instanceof InetSocketAddress ip ? ip.getPort() : 0;
    }

    @Override
    public InetAddress getLocalAddress() {
        return peer.localAddress() instanceof InetSocketAddress ip ? ip.getAddress() : InetAddress.getLoopbackAddress();
    }

    @Override
    public int getLocalPort() {
        return peer.localAddress() instanceof InetSocketAddress ip ? ip.getPort() : 0;
    }

    @Override
    public String toString() {
        return peer.toString();
    }

    /** What the application sends, with the socket's own time limit. */
    private final class In extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            long limit = timeoutMillis == 0 ? FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
            return peer.read(bytes, offset, count, limit);
        }

        @Override
        public int available() {
            return peer.available();
        }

        @Override
        public void close() {
            SimulatedSocket.this.close();
        }
    }
}
