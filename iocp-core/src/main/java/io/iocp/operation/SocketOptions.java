package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/**
 * What is set on a socket: a listener's own and those of the connections that it accepts, a connection's, or a datagram
 * socket's. Everything is set explicitly on each socket, an accepted one too; nothing relies on being inherited.
 *
 * <p>What does not exist for a kind of socket is not set on it: the options of TCP on Unix domain and datagram sockets,
 * {@code ipv6Only} where the address is not IPv6.
 *
 * @param noDelay small writes are sent at once instead of waiting for the answer to the ones before (TCP_NODELAY)
 * @param keepAlive whether and when the kernel asks a silent peer (SO_KEEPALIVE); null for not at all
 * @param receiveBuffer bytes that the kernel keeps for a socket until they are received (SO_RCVBUF), 256 to 1 GiB; 0 leaves it
 *     to the kernel, which for TCP fits it to the connection. Linux doubles the value for its own overhead, and takes at most
 *     {@code net.core.rmem_max} of it, without a word
 * @param sendBuffer bytes that the kernel keeps until the peer has them (SO_SNDBUF), as {@code receiveBuffer}, with {@code
 *     net.core.wmem_max}
 * @param resetOnClose closing a connection resets it, and drops what is not sent yet (SO_LINGER with 0 seconds). The other
 *     use of SO_LINGER, a close that waits, does not exist here: a close never waits
 * @param reusePort several sockets of this user may be bound to one address, and the kernel spreads what comes over them
 *     (SO_REUSEPORT). Not on Windows
 * @param ipv6Only a socket bound to the IPv6 wildcard takes no IPv4 (IPV6_V6ONLY). Engines: io_uring, simulated; others refuse
 *     it with {@link UnsupportedOperationException}, because the JDK cannot set it
 * @see <a href="https://man7.org/linux/man-pages/man7/socket.7.html">socket(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>
 */
public record SocketOptions(
        boolean noDelay,
        @Nullable KeepAlive keepAlive,
        int receiveBuffer,
        int sendBuffer,
        boolean resetOnClose,
        boolean reusePort,
        boolean ipv6Only) {
    private static final int LEAST_BUFFER = 256;
    private static final int MOST_BUFFER = 1 << 30;

    public SocketOptions {
        checkBuffer("receiveBuffer", receiveBuffer);
        checkBuffer("sendBuffer", sendBuffer);
    }

    /** TCP_NODELAY, and for the rest what the kernel does by itself. */
    public static SocketOptions defaults() {
        return new SocketOptions(true, null, 0, 0, false, false, false);
    }

    public SocketOptions withNoDelay(boolean on) {
        return new SocketOptions(on, keepAlive, receiveBuffer, sendBuffer, resetOnClose, reusePort, ipv6Only);
    }

    public SocketOptions withKeepAlive(@Nullable KeepAlive newKeepAlive) {
        return new SocketOptions(noDelay, newKeepAlive, receiveBuffer, sendBuffer, resetOnClose, reusePort, ipv6Only);
    }

    public SocketOptions withReceiveBuffer(int bytes) {
        return new SocketOptions(noDelay, keepAlive, bytes, sendBuffer, resetOnClose, reusePort, ipv6Only);
    }

    public SocketOptions withSendBuffer(int bytes) {
        return new SocketOptions(noDelay, keepAlive, receiveBuffer, bytes, resetOnClose, reusePort, ipv6Only);
    }

    public SocketOptions withResetOnClose(boolean on) {
        return new SocketOptions(noDelay, keepAlive, receiveBuffer, sendBuffer, on, reusePort, ipv6Only);
    }

    public SocketOptions withReusePort(boolean on) {
        return new SocketOptions(noDelay, keepAlive, receiveBuffer, sendBuffer, resetOnClose, on, ipv6Only);
    }

    public SocketOptions withIpv6Only(boolean on) {
        return new SocketOptions(noDelay, keepAlive, receiveBuffer, sendBuffer, resetOnClose, reusePort, on);
    }

    private static void checkBuffer(String name, int bytes) {
        if (bytes != 0 && (bytes < LEAST_BUFFER || bytes > MOST_BUFFER)) {
            throw new IllegalArgumentException(
                    name + " must be from 256 bytes to 1 GiB, or 0 for what the kernel chooses: " + bytes);
        }
    }
}
