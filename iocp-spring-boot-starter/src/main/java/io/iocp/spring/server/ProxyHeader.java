package io.iocp.spring.server;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy has said in front of a stream about who is behind it.
 *
 * @param length bytes of the header
 * @param source the client's address; null if the proxy speaks for itself (LOCAL) or does not know it
 * @see <a href="https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt">The PROXY protocol, versions 1 and 2</a>
 */
record ProxyHeader(int length, @Nullable SocketAddress source) implements ProxyReading {

    /** Longer headers of version 2 are refused: the protocol has room for 64 KiB of extensions. */
    static final int MOST_BYTES = 8192;

    private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] V2 = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

    /** With the end of its line. */
    private static final int MOST_V1_BYTES = 107;

    private static final int V2_FIXED_BYTES = 16;
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int PATH_BYTES = 108;
    private static final int TLV_HEAD_BYTES = 3;
    private static final int TLV_CRC32C = 0x03;

    private static final Pattern IPV4 =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]+");
    private static final Pattern PORT = Pattern.compile("0|[1-9]\\d{0,4}");

    private static final ProxyReading INCOMPLETE = new ProxyReading.Incomplete();
    private static final ProxyReading NO_HEADER = new ProxyReading.NoHeader();

    /** Looks at the first bytes of a stream, from position to limit, which are not changed. */
    static ProxyReading of(ByteBuffer start) {
        ByteBuffer bytes = start.slice();
        if (begins(bytes, V2)) {
            return bytes.remaining() < V2_FIXED_BYTES ? INCOMPLETE : v2(bytes);
        }
        if (begins(bytes, V1)) {
            return bytes.remaining() < V1.length ? INCOMPLETE : v1(bytes);
        }
        return NO_HEADER;
    }

    /** Whether what there is of them agrees. */
    private static boolean begins(ByteBuffer bytes, byte[] with) {
        int count = Math.min(bytes.remaining(), with.length);
        for (int i = 0; i < count; i++) {
            if (bytes.get(i) != with[i]) {
                return false;
            }
        }
        return true;
    }

    // ---- version 1

    private static ProxyReading v1(ByteBuffer bytes) {
        int end = endOfLine(bytes);
        if (end < 0) {
            return bytes.remaining() < MOST_V1_BYTES
                    ? INCOMPLETE
                    : new ProxyReading.Broken("its line does not end within " + MOST_V1_BYTES + " bytes");
        }
        byte[] line = new byte[end - V1.length];
        bytes.get(V1.length, line);
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int length = end + 2;
        if (text.equals("UNKNOWN") || text.startsWith("UNKNOWN ")) {
            return new ProxyHeader(length, null);
        }
        List<String> words = Arrays.asList(text.split(" ", -1));
        if (words.size() != 5) {
            return new ProxyReading.Broken("its line has not as many words as it must have");
        }
        boolean ipv6 = words.getFirst().equals("TCP6");
        if (!ipv6 && !words.getFirst().equals("TCP4")) {
            return new ProxyReading.Broken("its protocol is none of TCP4, TCP6 and UNKNOWN");
        }
        InetAddress source = address(words.get(1), ipv6);
        InetAddress destination = address(words.get(2), ipv6);
        int sourcePort = port(words.get(3));
        if (source == null || destination == null || sourcePort < 0 || port(words.get(4)) < 0) {
            return new ProxyReading.Broken("an address or a port is not written as it must be");
        }
        return new ProxyHeader(length, new InetSocketAddress(source, sourcePort));
    }

    /** Index of the CR of the first CR LF that begins within the bound; -1 if there is none. */
    private static int endOfLine(ByteBuffer bytes) {
        int most = Math.min(bytes.remaining(), MOST_V1_BYTES);
        for (int i = V1.length; i + 1 < most; i++) {
            if (bytes.get(i) == '\r' && bytes.get(i + 1) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable InetAddress address(String text, boolean ipv6) {
        if (!(ipv6 ? IPV6 : IPV4).matcher(text).matches()) {
            return null;
        }
        try {
            return ipv6 && text.indexOf(':') >= 0
                    ? Inet6Address.ofLiteral(text)
                    : ipv6 ? null : InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static int port(String text) {
        if (!PORT.matcher(text).matches()) {
            return -1;
        }
        int port = Integer.parseInt(text);
        return port <= 0xFFFF ? port : -1;
    }

    // ---- version 2

    private static ProxyReading v2(ByteBuffer bytes) {
        int command = bytes.get(12) & 0xFF;
        int family = bytes.get(13) & 0xFF;
        int rest = bytes.getShort(14) & 0xFFFF;
        int length = V2_FIXED_BYTES + rest;
        if (command != LOCAL && command != PROXY) {
            return new ProxyReading.Broken("version or command is not known");
        }
        if (length > MOST_BYTES) {
            return new ProxyReading.Broken("it is longer than " + MOST_BYTES + " bytes");
        }
        if (bytes.remaining() < length) {
            return INCOMPLETE;
        }
        ByteBuffer header = bytes.slice(0, length);
        if (command == LOCAL) {
            return new ProxyHeader(length, null); // whatever else it says is to be discarded
        }
        int addresses;
        switch (family) {
            case 0x00 -> {
                return new ProxyHeader(length, null);
            }
            case 0x11 -> addresses = 12;
            case 0x21 -> addresses = 36;
            case 0x31 -> addresses = 2 * PATH_BYTES;
            case 0x12, 0x22, 0x32 -> {
                return new ProxyReading.Broken("it tells of datagrams, and this is a stream");
            }
            default -> {
                return new ProxyReading.Broken("address family or protocol is not known");
            }
        }
        if (rest < addresses) {
            return new ProxyReading.Broken("it is too short for its addresses");
        }
        String why = extensions(header, V2_FIXED_BYTES + addresses);
        if (why != null) {
            return new ProxyReading.Broken(why);
        }
        return new ProxyHeader(length, source(header, family));
    }

    private static @Nullable SocketAddress source(ByteBuffer header, int family) {
        try {
            return switch (family) {
                case 0x11 -> new InetSocketAddress(ip(header, 4), header.getShort(V2_FIXED_BYTES + 8) & 0xFFFF);
                case 0x21 -> new InetSocketAddress(ip(header, 16), header.getShort(V2_FIXED_BYTES + 32) & 0xFFFF);
                default -> path(header);
            };
        } catch (UnknownHostException e) {
            throw new AssertionError("addresses of 4 and 16 bytes are legal", e);
        }
    }

    private static InetAddress ip(ByteBuffer header, int length) throws UnknownHostException {
        byte[] address = new byte[length];
        header.get(V2_FIXED_BYTES, address);
        return InetAddress.getByAddress(address);
    }

    /** Null for a client that has none, or none that can be said. */
    private static @Nullable SocketAddress path(ByteBuffer header) {
        byte[] path = new byte[PATH_BYTES];
        header.get(V2_FIXED_BYTES, path);
        int length = 0;
        while (length < PATH_BYTES && path[length] != 0) {
            length++;
        }
        if (length == 0) {
            return null;
        }
        try {
            return UnixDomainSocketAddress.of(new String(path, 0, length, StandardCharsets.UTF_8));
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** Walks through what is behind the addresses; what is wrong with it, null for nothing. */
    private static @Nullable String extensions(ByteBuffer header, int from) {
        int at = from;
        while (at < header.limit()) {
            if (header.limit() - at < TLV_HEAD_BYTES) {
                return "an extension is cut off";
            }
            int type = header.get(at) & 0xFF;
            int length = header.getShort(at + 1) & 0xFFFF;
            int value = at + TLV_HEAD_BYTES;
            if (length > header.limit() - value) {
                return "an extension is longer than the header";
            }
            if (type == TLV_CRC32C && (length != Integer.BYTES || header.getInt(value) != crc32c(header, value))) {
                return "its checksum is wrong";
            }
            at = value + length;
        }
        return null;
    }

    /** Of the whole header, with nothing in the place of the checksum. */
    private static int crc32c(ByteBuffer header, int checksumAt) {
        byte[] all = new byte[header.limit()];
        header.get(0, all);
        Arrays.fill(all, checksumAt, checksumAt + Integer.BYTES, (byte) 0);
        CRC32C crc = new CRC32C();
        crc.update(all);
        return (int) crc.getValue();
    }
}
