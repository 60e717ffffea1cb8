package io.iocp.operation;

/**
 * How a listener is opened.
 *
 * @param backlog connections that the kernel completes before they are accepted; what exceeds it waits or is refused by the
 *     kernel
 * @param receiveBufferSize bytes of each buffer that receives without a buffer of the caller's get on accepted connections
 * @param tcpNoDelay sets TCP_NODELAY on accepted connections
 */
public record ListenOptions(int backlog, int receiveBufferSize, boolean tcpNoDelay) {
    public ListenOptions {
        if (backlog < 1) {
            throw new IllegalArgumentException("backlog must be at least 1: " + backlog);
        }
        if (receiveBufferSize < 16 || receiveBufferSize > 16 * 1024 * 1024) {
            throw new IllegalArgumentException(
                    "receiveBufferSize must be between 16 bytes and 16 MiB: " + receiveBufferSize);
        }
    }

    /** Backlog 1024, buffers of 4 KiB, TCP_NODELAY. */
    public static ListenOptions defaults() {
        return new ListenOptions(1024, 4096, true);
    }

    public ListenOptions withBacklog(int newBacklog) {
        return new ListenOptions(newBacklog, receiveBufferSize, tcpNoDelay);
    }

    public ListenOptions withReceiveBufferSize(int newSize) {
        return new ListenOptions(backlog, newSize, tcpNoDelay);
    }
}
