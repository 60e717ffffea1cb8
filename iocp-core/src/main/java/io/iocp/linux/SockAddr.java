package io.iocp.linux;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Layout of {@code struct sockaddr_in} and {@code struct sockaddr_in6}, to and from {@link InetSocketAddress}.
 *
 * <p>A dual-stack socket reports an IPv4 peer as an IPv4-mapped IPv6 address; decoding gives the IPv4 address, as the
 * JDK's own channels do.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/ipv6.7.html">ipv6(7)</a>
 */
public final class SockAddr {
    public static final int IN_BYTES = 16;
    public static final int IN6_BYTES = 28;
    /** Enough, and aligned, for either. */
    public static final int MAX_BYTES = 32;

    static final int FAMILY = 0;
    static final int PORT = 2;
    static final int IN_ADDRESS = 4;
    static final int IN6_FLOW_INFO = 4;
    static final int IN6_ADDRESS = 8;
    static final int IN6_SCOPE_ID = 24;

    private SockAddr() {}

    /**
     * Writes {@code socketAddress} for a socket of {@code family} at {@code to} and returns its length. An IPv4 address
     * for an IPv6 socket is written in its mapped form.
     */
    public static int encode(InetSocketAddress socketAddress, int family, long to) {
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

    /** Reads what the kernel wrote at {@code from}. */
    public static InetSocketAddress decode(long from) {
        int family = Memory.getShort(from + FAMILY);
        int port = (Memory.getByte(from + PORT) & 0xff) << 8 | (Memory.getByte(from + PORT + 1) & 0xff);
        try {
            return switch (family) {
                case Libc.AF_INET ->
                    new InetSocketAddress(InetAddress.getByAddress(getBytes(from + IN_ADDRESS, 4)), port);
                case Libc.AF_INET6 ->
                    new InetSocketAddress(
                            inet6(getBytes(from + IN6_ADDRESS, 16), Memory.getInt(from + IN6_SCOPE_ID)), port);
                default -> throw new IllegalArgumentException("address family " + family + " is not IP");
            };
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
