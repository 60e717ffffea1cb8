package io.iocp.engine.uring;

import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Sockets;
import io.iocp.operation.KeepAlive;
import io.iocp.operation.SocketOptions;
import java.time.Duration;

/**
 * Sets on a descriptor what {@link SocketOptions} say, as far as its kind of socket has it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/setsockopt.2.html">setsockopt(2)</a>
 */
final class SocketSettings {
    private SocketSettings() {}

    /** What counts when a socket is bound. */
    static void beforeBind(Sockets sockets, int fd, int family, SocketOptions options) throws LinuxException {
        if (family == Libc.AF_UNIX) {
            return;
        }
        if (options.reusePort()) {
            sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
        }
        if (family == Libc.AF_INET6) {
            sockets.setOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, options.ipv6Only() ? 1 : 0);
        }
    }

    /** What a listener has before it is bound: its address may still have connections of an earlier one. */
    static void ofListener(Sockets sockets, int fd, int family, SocketOptions options) throws LinuxException {
        if (family != Libc.AF_UNIX) {
            sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        }
        beforeBind(sockets, fd, family, options);
        ofStream(sockets, fd, family, options);
    }

    /**
     * What a stream socket has: a connection, or a listener, whose receive buffer decides before the accept how much a peer may
     * send.
     */
    static void ofStream(Sockets sockets, int fd, int family, SocketOptions options) throws LinuxException {
        ofBuffers(sockets, fd, options);
        if (family == Libc.AF_UNIX) {
            return;
        }
        if (options.noDelay()) {
            sockets.setOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        }
        KeepAlive keepAlive = options.keepAlive();
        if (keepAlive != null) {
            sockets.setOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, seconds(keepAlive.idle()));
            sockets.setOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, seconds(keepAlive.interval()));
            sockets.setOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, keepAlive.count());
            sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        }
        if (options.resetOnClose()) {
            sockets.setLinger(fd, 0);
        }
    }

    /** What every socket has. */
    static void ofBuffers(Sockets sockets, int fd, SocketOptions options) throws LinuxException {
        if (options.receiveBuffer() > 0) {
            sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, options.receiveBuffer());
        }
        if (options.sendBuffer() > 0) {
            sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_SNDBUF, options.sendBuffer());
        }
    }

    private static int seconds(Duration time) {
        return (int) time.toSeconds();
    }
}
