package io.iocp.operation;

/**
 * How a connection is opened that is to be connected.
 *
 * @param socket what is set on its socket
 * @param receiveBufferSize bytes of each buffer that receives without a buffer of the caller's get, 16 bytes to 16 MiB
 */
public record ConnectionOptions(SocketOptions socket, int receiveBufferSize) {
    public ConnectionOptions {
        if (receiveBufferSize < 16 || receiveBufferSize > 16 * 1024 * 1024) {
            throw new IllegalArgumentException(
                    "receiveBufferSize must be between 16 bytes and 16 MiB: " + receiveBufferSize);
        }
    }

    /** {@link SocketOptions#defaults()}, buffers of 4 KiB. */
    public static ConnectionOptions defaults() {
        return new ConnectionOptions(SocketOptions.defaults(), 4096);
    }

    public ConnectionOptions withSocket(SocketOptions newSocket) {
        return new ConnectionOptions(newSocket, receiveBufferSize);
    }

    public ConnectionOptions withReceiveBufferSize(int newSize) {
        return new ConnectionOptions(socket, newSize);
    }
}
