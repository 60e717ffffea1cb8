package io.iocp.engine.uring;

import io.iocp.linux.SockAddr;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.OpenFile;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A listener, connection or file of this engine: a descriptor, and where its receives take buffers from. */
final class UringEndpoint extends Endpoint {
    private static final int NONE = -1;

    private int fd;

    /** How its sockets are opened, and those that a listener accepts. */
    final ConnectionOptions options;

    /** The descriptor is set not to block, because something is sent to it from a file. Holder only. */
    boolean nonBlocking;

    /** The pool that serves {@link #receiveBufferSize}; found at the first receive that needs it. Holder only. */
    @Nullable
    ReceiveBuffers receiveBuffers;

    UringEndpoint(int fd, Kind kind, ConnectionOptions options, SocketAddress local, @Nullable SocketAddress remote) {
        super(kind, local, remote);
        this.fd = fd;
        this.options = options;
        this.receiveBufferSize = options.receiveBufferSize();
    }

    /** A connection that was accepted, from the peer that {@link SockAddr#decode(byte[])} reads. */
    UringEndpoint(int fd, ConnectionOptions options, SocketAddress local, byte[] remote) {
        super(local, remote);
        this.fd = fd;
        this.options = options;
        this.receiveBufferSize = options.receiveBufferSize();
    }

    /** A connection that is to be connected. */
    UringEndpoint(ConnectionOptions options) {
        super(Kind.CONNECTION, NOWHERE, null);
        this.fd = NONE;
        this.options = options;
        this.receiveBufferSize = options.receiveBufferSize();
        beginUnconnected();
    }

    /** A file. */
    UringEndpoint(int fd, OpenFile file) {
        super(file);
        this.fd = fd;
        this.options = ConnectionOptions.defaults(); // of no use to a file
    }

    @Override
    protected SocketAddress decode(byte[] address) {
        return SockAddr.decode(address);
    }

    /** The descriptor; fails once it was closed, because its number may be another socket's by then. */
    int fd() {
        OpenFile file = file();
        if (fd < 0 || (file != null && file.isClosed())) {
            throw new IllegalStateException("the descriptor of endpoint " + id() + " is closed");
        }
        return fd;
    }

    /** Whether the descriptor is still its own. */
    boolean hasDescriptor() {
        return fd >= 0;
    }

    /** Gives the descriptor to the one caller who closes it. */
    int takeFd() {
        int last = fd();
        fd = NONE;
        return last;
    }

    /** It has no descriptor, and gets this one. */
    void giveFd(int opened) {
        assert fd < 0 : "endpoint " + id() + " has a descriptor already";
        fd = opened;
        nonBlocking = false;
    }
}
