package io.iocp.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Opens, names and configures stream sockets by descriptor.
 *
 * <p>Thread: one at a time for an instance, which owns a {@link Libc} and a little scratch memory.
 */
public final class Sockets {
    /** Datagrams that any receive buffer of a socket can hold. */
    private static final int MOST_DROPPED = 1 << 20;

    private final Libc libc;
    private final MemorySegment scratch = Arena.ofAuto().allocate(SockAddr.MAX_BYTES + 8, 8);
    private final long address = scratch.address();
    private final long length = address + SockAddr.MAX_BYTES;

    /** The address that {@link #localAddress} has given last, and what it was made of. */
    private SocketAddress lastLocal = new InetSocketAddress(0);

    private byte[] lastName = {};

    public Sockets(Libc libc) {
        this.libc = libc;
    }

    /** A bound and listening socket, blocking, close-on-exec, SO_REUSEADDR set; dual stack at the IPv6 wildcard. */
    public int listen(SocketAddress local, int backlog) throws LinuxException {
        int family = SockAddr.family(local);
        int fd = open(family);
        try {
            if (family != Libc.AF_UNIX) {
                setOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            }
            if (family == Libc.AF_INET6) {
                setOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 0);
            }
            bind(fd, local);
            listen(fd, backlog);
            return fd;
        } catch (LinuxException | RuntimeException failure) {
            libc.close(fd);
            throw failure;
        }
    }

    /** Binds a socket of the address's family. */
    public void bind(int fd, SocketAddress local) throws LinuxException {
        check("bind", libc.bind(fd, address, SockAddr.encode(local, SockAddr.family(local), address)));
    }

    /** Lets a bound socket accept. */
    public void listen(int fd, int backlog) throws LinuxException {
        check("listen", libc.listen(fd, backlog));
    }

    /** A connected socket; waits for the connection, so only for code that may wait. */
    public int connect(SocketAddress remote) throws LinuxException {
        int family = SockAddr.family(remote);
        int fd = open(family);
        try {
            check("connect", libc.connect(fd, address, SockAddr.encode(remote, family, address)));
            return fd;
        } catch (LinuxException | RuntimeException failure) {
            libc.close(fd);
            throw failure;
        }
    }

    /**
     * Bytes that can be received at once, -1 if the socket does not say.
     *
     * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7), SIOCINQ</a>
     */
    public int receivable(int fd) {
        return libc.ioctl(fd, Libc.FIONREAD, address) < 0 ? -1 : Memory.getInt(address);
    }

    /** A stream socket of the family, blocking and close-on-exec. */
    public int open(int family) throws LinuxException {
        return check("socket", libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0));
    }

    /** A datagram socket of the family, blocking and close-on-exec. */
    public int openDatagram(int family) throws LinuxException {
        return check("socket", libc.socket(family, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0));
    }

    /** Gives a datagram socket its one peer, and drops what has come from others since it was bound. Does not wait. */
    public void connectDatagram(int fd, int family, SocketAddress peer) throws LinuxException {
        check("connect", libc.connect(fd, address, SockAddr.encode(peer, family, address)));
        for (int i = 0; i < MOST_DROPPED && libc.recv(fd, address, 1, Libc.MSG_DONTWAIT) >= 0; i++) {
            // What is left after so many is the peer's: nobody else is received from any more.
        }
    }

    /** Its own address: the same object as the last time if it is the same, as of the connections of one listener. */
    public SocketAddress localAddress(int fd) throws LinuxException {
        Memory.putInt(length, SockAddr.MAX_BYTES);
        check("getsockname", libc.getsockname(fd, address, length));
        byte[] name = SockAddr.copy(address, Memory.getInt(length));
        if (!Arrays.equals(name, lastName)) {
            lastLocal = SockAddr.decode(name);
            lastName = name;
        }
        return lastLocal;
    }

    /** The peer's address, or null when the connection is already gone again. */
    public @Nullable SocketAddress remoteAddress(int fd) {
        byte[] name = peerName(fd);
        return name == null ? null : SockAddr.decode(name);
    }

    /** The peer's address as {@link SockAddr#copy} keeps it, or null when the connection is already gone again. */
    public byte @Nullable [] peerName(int fd) {
        Memory.putInt(length, SockAddr.MAX_BYTES);
        return libc.getpeername(fd, address, length) < 0 ? null : SockAddr.copy(address, Memory.getInt(length));
    }

    public void setOption(int fd, int level, int option, int value) throws LinuxException {
        Memory.putInt(address, value);
        check("setsockopt", libc.setsockopt(fd, level, option, address, Integer.BYTES));
    }

    /** What a close does: with 0 seconds it resets the connection. */
    public void setLinger(int fd, int seconds) throws LinuxException {
        Memory.putInt(address, 1);
        Memory.putInt(address + Integer.BYTES, seconds);
        check("setsockopt", libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_LINGER, address, 2 * Integer.BYTES));
    }

    public int option(int fd, int level, int option) throws LinuxException {
        Memory.putInt(length, Integer.BYTES);
        check("getsockopt", libc.getsockopt(fd, level, option, address, length));
        return Memory.getInt(address);
    }

    private static int check(String call, int result) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, result);
        }
        return result;
    }
}
