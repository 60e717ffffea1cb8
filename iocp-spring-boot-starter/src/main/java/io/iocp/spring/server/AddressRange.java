package io.iocp.spring.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The addresses that begin with the same bits, written as {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single address. IPv4
 * addresses that are written as IPv6 ones ({@code ::ffff:10.0.0.0/104}) are IPv4 addresses, on both sides of a comparison.
 *
 * @param first any address of the range, of 4 or 16 bytes
 * @param bits how many of its first bits count
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632">RFC 4632, classless inter-domain routing</a>
 */
public record AddressRange(InetAddress first, int bits) {
    /** Bits in front of an IPv4 address that is written as an IPv6 one. */
    private static final int MAPPED_BITS = 96;

    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");

    /** @throws IllegalArgumentException if the range has more bits than the address */
    public AddressRange {
        int most = first.getAddress().length * Byte.SIZE;
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException("the prefix of " + first.getHostAddress() + " must be from 0 to " + most
                    + " bits long, not " + bits);
        }
    }

    /**
     * Reads one; names are not looked up.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong
     */
    public static AddressRange of(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        InetAddress first;
        try {
            if (address.indexOf(':') < 0 && !IPV4.matcher(address).matches()) {
                throw new IllegalArgumentException(
                        "it has not four numbers"); // there are shorter forms, which surprise
            }
            first = InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address range: write an IP address, and behind a slash how many of its bits"
                            + " count, as in 10.0.0.0/8",
                    e);
        }
        boolean mapped = first.getAddress().length == 4 && address.indexOf(':') >= 0;
        int all = first.getAddress().length * Byte.SIZE;
        if (slash < 0) {
            return new AddressRange(first, all);
        }
        int bits;
        try {
            bits = Integer.parseInt(text.substring(slash + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address range: behind the slash must be a number", e);
        }
        if (mapped) {
            bits -= MAPPED_BITS;
        }
        if (bits < 0 || bits > all) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address range: behind the slash must be a number from "
                            + (mapped ? MAPPED_BITS : 0) + " to " + (mapped ? MAPPED_BITS + all : all));
        }
        return new AddressRange(first, bits);
    }

    /** Whether the address is in the range. */
    public boolean contains(InetAddress address) {
        byte[] one = first.getAddress();
        byte[] other = address.getAddress();
        if (one.length != other.length) {
            return false;
        }
        int whole = bits / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (one[i] != other[i]) {
                return false;
            }
        }
        int rest = bits % Byte.SIZE;
        return rest == 0 || ((one[whole] ^ other[whole]) & 0xFF) >> (Byte.SIZE - rest) == 0;
    }

    /** Whether one of the ranges has this address; what has no IP address is in none. */
    static boolean anyContains(List<AddressRange> ranges, SocketAddress address) {
        if (ranges.isEmpty() || !(address instanceof InetSocketAddress ip)) {
            return false;
        }
        InetAddress of = ip.getAddress();
        for (AddressRange range : ranges) {
            if (range.contains(of)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return first.getHostAddress() + '/' + bits;
    }
}
