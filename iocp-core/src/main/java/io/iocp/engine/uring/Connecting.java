package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.SockAddr;
import io.iocp.linux.Sockets;
import io.iocp.operation.Connect;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Status;
import java.net.SocketAddress;
import java.util.Objects;

/**
 * The sockets of connects: each try has one of its own, because Linux does not let a socket be used again after a connect that
 * was cancelled.
 *
 * <p>Thread: shard holder.
 */
final class Connecting {
    private final Libc libc;
    private final Sockets sockets;

    Connecting(Libc libc, Sockets sockets) {
        this.libc = libc;
        this.sockets = sockets;
    }

    /**
     * Opens the socket that a request is to connect.
     *
     * @throws LinuxException if that cannot be done; the endpoint has no descriptor then
     */
    void open(Request request, Connect connect) throws LinuxException {
        UringEndpoint endpoint = request.endpoint();
        SocketAddress remote = Objects.requireNonNull(connect.remote);
        ConnectionOptions options = endpoint.options;
        int family = SockAddr.family(remote);
        int fd = sockets.open(family);
        try {
            SocketSettings.ofStream(sockets, fd, family, options.socket());
            if (connect.local != null) {
                SocketSettings.beforeBind(sockets, fd, family, options.socket());
                if (family != Libc.AF_UNIX) {
                    // Else a connection that this address has had lately (TIME_WAIT) would be in the way.
                    sockets.setOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
                }
                sockets.bind(fd, connect.local);
            }
        } catch (LinuxException | RuntimeException failure) {
            libc.close(fd);
            throw failure;
        }
        endpoint.giveFd(fd);
        ConnectMemory to = request.extras().connectTo;
        if (to == null) {
            to = new ConnectMemory();
            request.extras().connectTo = to;
        }
        to.set(remote, family);
    }

    /** The connection stands: its addresses. False if it is gone already. */
    boolean name(UringEndpoint endpoint) {
        try {
            SocketAddress remote = sockets.remoteAddress(endpoint.fd());
            if (remote == null) {
                return false;
            }
            endpoint.addresses(sockets.localAddress(endpoint.fd()), remote);
            return true;
        } catch (LinuxException gone) {
            return false;
        }
    }

    /** A try has failed: its socket is of no use. */
    void close(UringEndpoint endpoint) {
        if (endpoint.hasDescriptor()) {
            libc.close(endpoint.takeFd());
        }
    }

    static Status statusOf(int errno) {
        return switch (errno) {
            case Errno.ECONNREFUSED, Errno.ENOENT -> Status.REFUSED;
            case Errno.ENETUNREACH, Errno.EHOSTUNREACH, Errno.EHOSTDOWN, Errno.ENETDOWN -> Status.UNREACHABLE;
            case Errno.ETIMEDOUT -> Status.CONNECT_TIMED_OUT;
            case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> Status.ADDRESS_UNAVAILABLE;
            case Errno.EAGAIN -> Status.RESOURCE_LIMIT;
            default -> ErrnoStatus.of(errno);
        };
    }
}
