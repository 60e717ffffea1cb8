package io.iocp.operation;

/**
 * How a listener is opened.
 *
 * @param backlog connections that the kernel completes before they are accepted, at least 1; Linux takes at most {@code
 *     net.core.somaxconn} of it. What exceeds it waits or is refused by the kernel
 * @param receiveBufferSize bytes of each buffer that receives without a buffer of the caller's get on accepted connections, 16
 *     bytes to 16 MiB
 * @param socket what is set on the listener's socket and on each accepted one
 */
public record ListenOptions(int backlog, int receiveBufferSize, SocketOptions socket) {
    public ListenOptions {
        if (backlog < 1) {
            throw new IllegalArgumentException("backlog must be at least 1: " + backlog);
        }
        if (receiveBufferSize < 16 || receiveBufferSize > 16 * 1024 * 1024) {
            throw new IllegalArgumentException(
                    "receiveBufferSize must be between 16 bytes and 16 MiB: " + receiveBufferSize);
        }
    }

    /** Backlog 1024, buffers of 4 KiB, {@link SocketOptions#defaults()}. */
    public static ListenOptions defaults() {
        return new ListenOptions(1024, 4096, SocketOptions.defaults());
    }

    public ListenOptions withBacklog(int newBacklog) {
        return new ListenOptions(newBacklog, receiveBufferSize, socket);
    }

    public ListenOptions withReceiveBufferSize(int newSize) {
        return new ListenOptions(backlog, newSize, socket);
    }

    public ListenOptions withSocket(SocketOptions newSocket) {
        return new ListenOptions(backlog, receiveBufferSize, newSocket);
    }

    /** What of it counts for the connections that are accepted. */
    public ConnectionOptions connections() {
        return new ConnectionOptions(socket, receiveBufferSize);
    }
}
