package io.iocp.linux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Layout of {@code struct sockaddr_in}, {@code struct sockaddr_in6} and {@code struct sockaddr_un}, to and from {@link
 * InetSocketAddress} and {@link UnixDomainSocketAddress}.
 *
 * <p>A dual-stack socket reports an IPv4 peer as an IPv4-mapped IPv6 address; decoding gives the IPv4 address, as the
 * JDK's own channels do. A Unix domain socket without a path (an unbound client, an abstract name) has the empty path, as
 * there.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ipv6.7.html">ipv6(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man7/unix.7.html">unix(7)</a>
 */
public final class SockAddr {
    public static final int IN_BYTES = 16;
    public static final int IN6_BYTES = 28;
    /** Enough, and aligned, for each of them. */
    public static final int MAX_BYTES = 112;

    /** Bytes of the longest path of a Unix domain socket. */
    public static final int MOST_PATH_BYTES = 107;

    static final int FAMILY = 0;
    static final int PORT = 2;
    static final int IN_ADDRESS = 4;
    static final int IN6_FLOW_INFO = 4;
    static final int IN6_ADDRESS = 8;
    static final int IN6_SCOPE_ID = 24;
    static final int UN_PATH = 2;
    private static final int IN_ADDRESS_BYTES = 4;

    private static final VarHandle HOST_SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle HOST_INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final Charset PATHS =
            Charset.forName(System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name()));

    private SockAddr() {}

    /** The family of a socket for this address. */
    public static int family(SocketAddress socketAddress) {
        return switch (socketAddress) {
            case InetSocketAddress ip -> ip.getAddress() instanceof Inet4Address ? Libc.AF_INET : Libc.AF_INET6;
            case UnixDomainSocketAddress _ -> Libc.AF_UNIX;
            default -> throw new UnsupportedAddressTypeException();
        };
    }

    /**
     * Writes {@code socketAddress} for a socket of {@code family} at {@code to} and returns its length. An IPv4 address
     * for an IPv6 socket is written in its mapped form.
     *
     * @throws IllegalArgumentException if a socket of this family cannot have such an address
     */
    public static int encode(SocketAddress socketAddress, int family, long to) {
        return switch (socketAddress) {
            case InetSocketAddress ip when family != Libc.AF_UNIX -> encodeIp(ip, family, to);
            case UnixDomainSocketAddress unix when family == Libc.AF_UNIX -> encodePath(unix, to);
            default ->
                throw new IllegalArgumentException("a socket of family " + family + " cannot use " + socketAddress);
        };
    }

    private static int encodePath(UnixDomainSocketAddress unix, long to) {
        byte[] path = unix.getPath().toString().getBytes(PATHS);
        if (path.length > MOST_PATH_BYTES) {
            throw new IllegalArgumentException("the path of a Unix domain socket has at most " + MOST_PATH_BYTES
                    + " bytes: " + unix + " has " + path.length);
        }
        Memory.putShort(to + FAMILY, (short) Libc.AF_UNIX);
        if (path.length == 0) {
            return UN_PATH; // no address
        }
        putBytes(to + UN_PATH, path);
        Memory.putByte(to + UN_PATH + path.length, (byte) 0);
        return UN_PATH + path.length + 1;
    }

    private static int encodeIp(InetSocketAddress socketAddress, int family, long to) {
        InetAddress address = socketAddress.getAddress();
        if (address == null) {
            throw new IllegalArgumentException("unresolved address " + socketAddress);
        }
        Memory.putShort(to + FAMILY, (short) family);
        putPort(to, socketAddress.getPort());
        byte[] bytes = address.getAddress();
        if (family == Libc.AF_INET) {
            if (!(address instanceof Inet4Address)) {
                throw new IllegalArgumentException("an IPv4 socket cannot use " + address);
            }
            putBytes(to + IN_ADDRESS, bytes);
            Memory.putLong(to + 8, 0);
            return IN_BYTES;
        }
        Memory.putInt(to + IN6_FLOW_INFO, 0);
        int scope = 0;
        if (address instanceof Inet6Address six) {
            putBytes(to + IN6_ADDRESS, bytes);
            scope = six.getScopeId();
        } else if (address.isAnyLocalAddress()) {
            // 0.0.0.0 on a dual-stack socket means every address of both families.
            Memory.putLong(to + IN6_ADDRESS, 0);
            Memory.putLong(to + IN6_ADDRESS + 8, 0);
        } else {
            Memory.putLong(to + IN6_ADDRESS, 0);
            Memory.putShort(to + IN6_ADDRESS + 8, (short) 0);
            Memory.putShort(to + IN6_ADDRESS + 10, (short) 0xffff);
            putBytes(to + IN6_ADDRESS + 12, bytes);
        }
        Memory.putInt(to + IN6_SCOPE_ID, scope);
        return IN6_BYTES;
    }

    /** Reads the {@code length} bytes that the kernel wrote at {@code from}. */
    public static SocketAddress decode(long from, int length) {
        return decode(copy(from, length));
    }

    /**
     * Copies what the kernel wrote at {@code from}, as much of it as {@link #decode(byte[])} needs: a quarter of the memory of
     * the address that it makes of it. An IPv4-mapped IPv6 address becomes the IPv4 address.
     */
    public static byte[] copy(long from, int length) {
        int family = Memory.getShort(from + FAMILY);
        return switch (family) {
            case Libc.AF_UNIX -> getBytes(from, UN_PATH + pathBytes(from, length));
            case Libc.AF_INET -> getBytes(from, IN_ADDRESS + IN_ADDRESS_BYTES);
            case Libc.AF_INET6 -> isMapped(from) ? unmapped(from) : getBytes(from, IN6_BYTES);
            default -> throw new IllegalArgumentException("address family " + family + " is neither IP nor Unix");
        };
    }

    private static int pathBytes(long from, int length) {
        int most = Math.min(length, MAX_BYTES) - UN_PATH;
        int end = 0;
        while (end < most && Memory.getByte(from + UN_PATH + end) != 0) {
            end++;
        }
        return end;
    }

    private static boolean isMapped(long from) {
        return Memory.getLong(from + IN6_ADDRESS) == 0
                && Memory.getShort(from + IN6_ADDRESS + 8) == 0
                && Memory.getShort(from + IN6_ADDRESS + 10) == (short) 0xffff;
    }

    private static byte[] unmapped(long from) {
        byte[] bytes = getBytes(from, IN_ADDRESS + IN_ADDRESS_BYTES);
        HOST_SHORT.set(bytes, FAMILY, (short) Libc.AF_INET);
        for (int i = 0; i < IN_ADDRESS_BYTES; i++) {
            bytes[IN_ADDRESS + i] = Memory.getByte(from + IN6_ADDRESS + 12 + i);
        }
        return bytes;
    }

    /** The family of what {@link #copy} made. */
    public static int family(byte[] copied) {
        return (short) HOST_SHORT.get(copied, FAMILY);
    }

    /** The address that {@link #copy} was made of. */
    public static SocketAddress decode(byte[] copied) {
        if (family(copied) == Libc.AF_UNIX) {
            return UnixDomainSocketAddress.of(new String(copied, UN_PATH, copied.length - UN_PATH, PATHS));
        }
        int port = (copied[PORT] & 0xff) << 8 | (copied[PORT + 1] & 0xff);
        try {
            return new InetSocketAddress(
                    family(copied) == Libc.AF_INET
                            ? InetAddress.getByAddress(Arrays.copyOfRange(copied, IN_ADDRESS, copied.length))
                            : inet6(Arrays.copyOfRange(copied, IN6_ADDRESS, IN6_SCOPE_ID), (int)
                                    HOST_INT.get(copied, IN6_SCOPE_ID)),
                    port);
        } catch (UnknownHostException wrongLength) {
            throw new IllegalStateException(wrongLength);
        }
    }

    private static InetAddress inet6(byte[] bytes, int scope) throws UnknownHostException {
        // InetAddress.getByAddress turns the IPv4-mapped form into an Inet4Address; Inet6Address.getByAddress does not.
        return scope == 0 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, scope);
    }

    private static void putPort(long to, int port) {
        Memory.putByte(to + PORT, (byte) (port >>> 8));
        Memory.putByte(to + PORT + 1, (byte) port);
    }

    private static void putBytes(long to, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            Memory.putByte(to + i, bytes[i]);
        }
    }

    private static byte[] getBytes(long from, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = Memory.getByte(from + i);
        }
        return bytes;
    }
}
