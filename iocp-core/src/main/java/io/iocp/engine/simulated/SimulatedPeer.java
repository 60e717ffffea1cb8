package io.iocp.engine.simulated;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The other end of a connection in a simulated network: what a test uses instead of a {@link java.net.Socket}. Blocks like one,
 * but for the methods that end in {@code Now}.
 *
 * <p>Thread: any.
 */
public final class SimulatedPeer implements Closeable {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final SimulatedNetwork network;
    private volatile SimulatedConnection connection;
    private final In in = new In();
    private final Out out = new Out();
    private boolean finished;

    SimulatedPeer(SimulatedNetwork network, SimulatedConnection connection) {
        this.network = network;
        this.connection = connection;
        connection.peer = this;
    }

    /** The port has put the connection in another handle. */
    void movedTo(SimulatedConnection other) {
        connection = other;
    }

    public SocketAddress localAddress() {
        return java.util.Objects.requireNonNull(connection.remoteAddress());
    }

    public SocketAddress remoteAddress() {
        return connection.localAddress();
    }

    /** What the port sends. A read that waits for longer than 20 seconds fails. */
    public InputStream input() {
        return in;
    }

    /** What the port receives. A write that waits for longer than 20 seconds fails. */
    public OutputStream output() {
        return out;
    }

    /**
     * Sends as many of the bytes as there is room for in the connection's window.
     *
     * @return how many
     * @throws SocketException if the connection is reset or closed
     */
    public int writeNow(byte[] bytes, int offset, int count) throws SocketException {
        network.lock.lock();
        try {
            network.peerActs();
            if (connection.peerClosed || finished) {
                throw new SocketException("Socket output is closed");
            }
            if (connection.peerReset) {
                throw new SocketException("Connection reset");
            }
            if (connection.closed) {
                connection.peerReset = true; // as with TCP the first one is accepted, and answered by a reset
                network.tellPeers();
                return count;
            }
            if (connection.shutDown) {
                return count; // nobody will read it
            }
            int n = Math.min(count, connection.incoming.room());
            if (n > 0) {
                connection.incoming.write(bytes, offset, n);
                connection.touch();
            }
            return n;
        } finally {
            network.lock.unlock();
        }
    }

    /**
     * Takes as many bytes as are there.
     *
     * @return how many; 0 if there are none now, -1 at the end of the stream
     * @throws SocketException if the connection is reset or closed
     */
    public int readNow(byte[] bytes, int offset, int count) throws SocketException {
        network.lock.lock();
        try {
            network.peerActs();
            if (connection.peerClosed) {
                throw new SocketException("Socket closed");
            }
            int n = Math.min(count, connection.outgoing.size());
            if (n > 0) {
                connection.outgoing.read(bytes, offset, n);
                connection.touch();
                return n;
            }
            if (connection.peerReset) {
                throw new SocketException("Connection reset");
            }
            return connection.outgoing.finished && count > 0 ? -1 : 0;
        } finally {
            network.lock.unlock();
        }
    }

    /**
     * Waits until there are bytes, or the stream has ended.
     *
     * @return how many bytes were taken; -1 at the end of the stream, 0 only if none are asked for
     * @throws SocketTimeoutException if nothing comes within that time
     * @throws SocketException if the connection is reset or closed
     */
    public int read(byte[] bytes, int offset, int count, long timeoutNanos) throws IOException {
        long left = timeoutNanos;
        network.lock.lock();
        try {
            while (true) {
                int n = readNow(bytes, offset, count);
                if (n != 0 || count == 0) {
                    return n;
                }
                if (left <= 0) {
                    throw new SocketTimeoutException(
                            "nothing came in " + Duration.ofNanos(timeoutNanos) + "; " + network);
                }
                left = network.awaitChange(left);
            }
        } finally {
            network.lock.unlock();
        }
    }

    /** Bytes that can be read at once. */
    public int available() {
        network.lock.lock();
        try {
            return connection.outgoing.size();
        } finally {
            network.lock.unlock();
        }
    }

    /** Bytes that can be written at once. */
    public int room() {
        network.lock.lock();
        try {
            return connection.incoming.room();
        } finally {
            network.lock.unlock();
        }
    }

    /** Whether the port can send nothing until this side reads. */
    public boolean windowIsFull() {
        network.lock.lock();
        try {
            return connection.outgoing.room() == 0;
        } finally {
            network.lock.unlock();
        }
    }

    /** Bytes that were written and that the port's engine has not taken yet. */
    public int unreceived() {
        network.lock.lock();
        try {
            return connection.incoming.size();
        } finally {
            network.lock.unlock();
        }
    }

    /** Ends this side's stream in good order. */
    public void shutdownOutput() {
        network.lock.lock();
        try {
            network.peerActs();
            finished = true;
            connection.incoming.finished = true;
            connection.touch();
        } finally {
            network.lock.unlock();
        }
    }

    /** Closes the connection with a reset. */
    public void reset() {
        network.lock.lock();
        try {
            network.peerActs();
            if (!connection.peerClosed) {
                connection.peerClosed = true;
                connection.resetPort();
                network.tellPeers();
            }
        } finally {
            network.lock.unlock();
        }
    }

    /** Closes this end: in good order, or with a reset if there are bytes that nobody has read. */
    @Override
    public void close() {
        network.lock.lock();
        try {
            network.peerActs();
            if (!connection.peerClosed) {
                boolean unread = connection.outgoing.size() > 0;
                connection.peerClosed = true;
                connection.incoming.finished = true;
                connection.outgoing.clear();
                if (unread) {
                    connection.resetPort();
                }
                connection.touch();
                network.tellPeers();
            }
        } finally {
            network.lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "SimulatedPeer[" + localAddress() + "]";
    }

    private long awaitChange(long left) throws InterruptedIOException {
        if (left <= 0) {
            throw new InterruptedIOException("waited for 20 seconds; " + network);
        }
        return network.awaitChange(left);
    }

    private final class In extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            return SimulatedPeer.this.read(bytes, offset, count, DEADLINE_NANOS);
        }

        @Override
        public int available() {
            return SimulatedPeer.this.available();
        }

        @Override
        public void close() {
            SimulatedPeer.this.close();
        }
    }

    private final class Out extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            long left = DEADLINE_NANOS;
            network.lock.lock();
            try {
                for (int done = 0; done < count; ) {
                    int n = writeNow(bytes, offset + done, count - done);
                    done += n;
                    if (n == 0) {
                        left = awaitChange(left);
                    }
                }
            } finally {
                network.lock.unlock();
            }
        }

        @Override
        public void close() {
            SimulatedPeer.this.close();
        }
    }
}
