package io.iocp.engine;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;

/** Which addresses a socket can be given on every engine, and what is wrong with others. */
public final class Addresses {
    /** Bytes of the longest path that every engine takes; Linux would take one more, the JDK's channels do not. */
    private static final int MOST_PATH_BYTES = 106;

    private Addresses() {}

    /**
     * Checks an address that a socket is to be bound or connected to.
     *
     * @param purpose what for, such as {@code "listen on"}
     * @throws UnknownHostException if it is the name of a host that is not known
     * @throws IllegalArgumentException if it is a Unix domain path that is empty or too long
     * @throws UnsupportedAddressTypeException if it is neither IP nor a Unix domain path
     */
    public static void check(String purpose, SocketAddress address) throws UnknownHostException {
        switch (address) {
            case InetSocketAddress ip
            when ip.isUnresolved() ->
                throw new UnknownHostException("cannot " + purpose + " " + address + ": the name is not known");
            case InetSocketAddress _ -> {}
            case UnixDomainSocketAddress unix -> checkPath(purpose, unix);
            default -> throw new UnsupportedAddressTypeException();
        }
    }

    /**
     * Checks that one socket can have both addresses.
     *
     * @throws IllegalArgumentException if it cannot
     */
    public static void checkPair(SocketAddress local, SocketAddress remote) {
        boolean sameKind = local instanceof UnixDomainSocketAddress == remote instanceof UnixDomainSocketAddress;
        boolean sixToFour = isOf(Inet6Address.class, local) && isOf(Inet4Address.class, remote);
        if (!sameKind || sixToFour) {
            throw new IllegalArgumentException("cannot connect from " + local + " to " + remote
                    + ": no socket has addresses of both kinds, so choose a local one of the remote's");
        }
    }

    private static boolean isOf(Class<? extends InetAddress> family, SocketAddress address) {
        return address instanceof InetSocketAddress ip && family.isInstance(ip.getAddress());
    }

    private static void checkPath(String purpose, UnixDomainSocketAddress unix) {
        int bytes = unix.getPath().toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > MOST_PATH_BYTES) {
            throw new IllegalArgumentException("cannot " + purpose + " '" + unix
                    + "': the path of a Unix domain socket has from 1 to " + MOST_PATH_BYTES + " bytes, this one has "
                    + bytes);
        }
    }
}
