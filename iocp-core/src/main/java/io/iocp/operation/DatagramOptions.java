package io.iocp.operation;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a datagram handle is opened.
 *
 * @param socket what is set on its socket; {@code receiveBuffer} decides how many datagrams wait to be received before the
 *     kernel drops more
 * @param receiveBufferSize bytes of the library's buffer that a receive without memory of the caller's gets, 16 to 65,536; what
 *     is longer is truncated
 * @param peer the only one that datagrams are received from, and that they are sent to without saying so; null for anyone
 */
public record DatagramOptions(
        SocketOptions socket,
        int receiveBufferSize,
        @Nullable SocketAddress peer) {
    private static final int MOST_BYTES = 65_536;

    public DatagramOptions {
        if (receiveBufferSize < 16 || receiveBufferSize > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "receiveBufferSize of datagrams must be from 16 to 65536 bytes: " + receiveBufferSize);
        }
    }

    /** {@link SocketOptions#defaults()}, buffers that every datagram fits into, no peer. */
    public static DatagramOptions defaults() {
        return new DatagramOptions(SocketOptions.defaults(), MOST_BYTES, null);
    }

    public DatagramOptions withSocket(SocketOptions newSocket) {
        return new DatagramOptions(newSocket, receiveBufferSize, peer);
    }

    public DatagramOptions withReceiveBufferSize(int bytes) {
        return new DatagramOptions(socket, bytes, peer);
    }

    /** With a peer the kernel also reports that nobody listens there: the next operation ends with REFUSED. */
    public DatagramOptions withPeer(@Nullable SocketAddress newPeer) {
        return new DatagramOptions(socket, receiveBufferSize, newPeer);
    }
}
