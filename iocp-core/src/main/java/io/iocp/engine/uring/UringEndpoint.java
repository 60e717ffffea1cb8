package io.iocp.engine.uring;

import io.iocp.operation.Endpoint;
import io.iocp.operation.OpenFile;
import io.iocp.operation.SocketOptions;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A listener, connection or file of this engine: a descriptor, and where its receives take buffers from. */
final class UringEndpoint extends Endpoint {
    private int fd;
    private final SocketOptions options;

    /** The pool that serves {@link #receiveBufferSize}; found at the first receive that needs it. Holder only. */
    @Nullable
    ReceiveBuffers receiveBuffers;

    UringEndpoint(
            int fd,
            Kind kind,
            SocketOptions options,
            int bufferSize,
            SocketAddress local,
            @Nullable SocketAddress remote) {
        super(kind, local, remote);
        this.fd = fd;
        this.options = options;
        this.receiveBufferSize = bufferSize;
    }

    /** A file. */
    UringEndpoint(int fd, OpenFile file) {
        super(file);
        this.fd = fd;
        this.options = SocketOptions.defaults();
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
        fd = -1;
        return last;
    }

    /** What is set on its socket, and on those of the connections that it accepts. */
    SocketOptions options() {
        return options;
    }
}
