package io.iocp.spring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.server.ProxyReading.Broken;
import io.iocp.spring.server.ProxyReading.Incomplete;
import io.iocp.spring.server.ProxyReading.NoHeader;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of the specification, versions 1 and 2. */
class ProxyHeaderTest {
    private static final int[] SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static ProxyReading read(byte[] bytes) {
        return ProxyHeader.of(ByteBuffer.wrap(bytes));
    }

    private static ProxyReading read(String text) {
        return read(ascii(text));
    }

    private static SocketAddress ip(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private static byte[] v2(int command, int family, byte[] rest) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int b : SIGNATURE) {
            all.write(b);
        }
        all.write(command);
        all.write(family);
        all.write(rest.length >> 8);
        all.write(rest.length);
        all.writeBytes(rest);
        return all.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] addresses(String source, String destination, int sourcePort, int destinationPort) {
        return concat(
                InetAddress.ofLiteral(source).getAddress(),
                InetAddress.ofLiteral(destination).getAddress(),
                new byte[] {
                    (byte) (sourcePort >> 8), (byte) sourcePort, (byte) (destinationPort >> 8), (byte) destinationPort
                });
    }

    private static byte[] tlv(int type, byte[] value) {
        return concat(new byte[] {(byte) type, (byte) (value.length >> 8), (byte) value.length}, value);
    }

    private static byte[] inet(byte[]... tlvs) {
        return v2(0x21, 0x11, concat(addresses("192.0.2.1", "198.51.100.2", 40000, 443), concat(tlvs)));
    }

    /** The same header with a checksum behind what it has. */
    private static byte[] withChecksum(byte[] family) {
        byte[] all = inet(family, tlv(3, new byte[4]));
        CRC32C crc = new CRC32C();
        crc.update(all);
        ByteBuffer.wrap(all).putInt(all.length - 4, (int) crc.getValue());
        return all;
    }

    private static byte[] paths(String source) {
        return v2(0x21, 0x31, concat(Arrays.copyOf(ascii(source), 108), Arrays.copyOf(ascii("/run/kv"), 108)));
    }

    /** A header and whom it announces; null for nobody. */
    @SuppressWarnings("ArrayRecordComponent") // cases are never compared
    record Case(byte[] bytes, @Nullable SocketAddress source) {}

    static Stream<Case> headers() {
        return Stream.of(
                new Case(ascii("PROXY TCP4 192.0.2.1 198.51.100.2 40000 443\r\n"), ip("192.0.2.1", 40000)),
                new Case(
                        ascii("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
                        ip("255.255.255.255", 65535)),
                new Case(ascii("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), ip("0.0.0.0", 0)),
                new Case(ascii("PROXY TCP6 2001:db8::1 ::1 40000 443\r\n"), ip("2001:db8::1", 40000)),
                new Case(
                        ascii(
                                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
                                        + " 65535 65535\r\n"),
                        ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)),
                new Case(ascii("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), ip("192.0.2.1", 1)),
                new Case(ascii("PROXY UNKNOWN\r\n"), null),
                new Case(ascii("PROXY UNKNOWN ffff:f...f:ffff whatever \r 65535\r\n"), null),
                new Case(inet(), ip("192.0.2.1", 40000)),
                new Case(v2(0x21, 0x21, addresses("2001:db8::1", "::1", 65535, 1)), ip("2001:db8::1", 65535)),
                new Case(paths("/run/client"), UnixDomainSocketAddress.of("/run/client")),
                new Case(paths("/" + "x".repeat(107)), UnixDomainSocketAddress.of("/" + "x".repeat(107))),
                new Case(paths(""), null),
                new Case(v2(0x20, 0x00, new byte[0]), null),
                new Case(v2(0x20, 0x11, addresses("192.0.2.1", "198.51.100.2", 1, 2)), null),
                new Case(v2(0x20, 0x7F, new byte[300]), null),
                new Case(v2(0x21, 0x00, new byte[0]), null),
                new Case(v2(0x21, 0x00, new byte[20]), null),
                new Case(
                        inet(tlv(1, ascii("h2")), tlv(4, new byte[0]), tlv(0xEE, new byte[300])),
                        ip("192.0.2.1", 40000)),
                new Case(withChecksum(tlv(2, ascii("example.com"))), ip("192.0.2.1", 40000)),
                new Case(inet(tlv(4, new byte[ProxyHeader.MOST_BYTES - 31])), ip("192.0.2.1", 40000)));
    }

    @ParameterizedTest
    @MethodSource("headers")
    void shouldReadAHeaderWhereverItIsCut(Case header) {
        byte[] bytes = header.bytes();
        for (int cut = 0; cut < bytes.length; cut++) {
            assertThat(read(Arrays.copyOf(bytes, cut))).as("%d bytes", cut).isInstanceOf(Incomplete.class);
        }
        assertThat(read(bytes)).isEqualTo(new ProxyHeader(bytes.length, header.source()));
        assertThat(read(concat(bytes, ascii("PROXY UNKNOWN\r\n"))))
                .isEqualTo(new ProxyHeader(bytes.length, header.source()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "P ",
                "PROXIES",
                "PROXYTCP4 1.1.1.1 2.2.2.2 1 2\r\n",
                "proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
                " PROXY UNKNOWN\r\n",
                "\r\n\r\n\0\r\nQUIX",
                "\r\n\r\r",
                "\u0016\u0003\u0001"
            })
    void shouldKnowWhatIsNoHeader(String text) {
        assertThat(read(text)).isInstanceOf(NoHeader.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY \r\n",
                "PROXY TCP4\r\n",
                "PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY UNKNOWNS\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
                "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP4\t192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
                "PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n",
                "PROXY TCP4 localhost 198.51.100.2 1 2\r\n",
                "PROXY TCP4 ::1 ::1 1 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 1 99999\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
                "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
                "PROXY TCP6 2001::db8::1 ::1 1 2\r\n",
                "PROXY TCP6 [::1] ::1 1 2\r\n",
                "PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
                "PROXY TCP6 12345::1 ::1 1 2\r\n"
            })
    void shouldRefuseABrokenLine(String text) {
        assertThat(read(text)).isInstanceOf(Broken.class);
    }

    @Test
    void shouldRefuseALineThatDoesNotEnd() {
        String longest = "PROXY UNKNOWN " + "x".repeat(107 - 16) + "\r\n";
        assertThat(longest).hasSize(107);
        assertThat(read(longest)).isEqualTo(new ProxyHeader(107, null));
        assertThat(read(longest.substring(0, 106))).isInstanceOf(Incomplete.class);
        assertThat(read(longest.replace("\r", "xx"))).isInstanceOf(Broken.class);
        assertThat(read("PROXY UNKNOWN\n" + "x".repeat(93))).isInstanceOf(Broken.class);
    }

    static Stream<byte[]> broken() {
        byte[] wrong = withChecksum(tlv(2, ascii("example.com")));
        wrong[wrong.length - 1]++;
        byte[] changed = withChecksum(tlv(2, ascii("example.com")));
        changed[17]++;
        byte[] tooShort = inet();
        return Stream.of(
                v2(0x22, 0x11, new byte[12]), // command
                v2(0x2F, 0x11, new byte[12]),
                v2(0x11, 0x11, new byte[12]), // version
                v2(0x31, 0x11, new byte[12]),
                v2(0x01, 0x11, new byte[12]),
                v2(0x21, 0x12, new byte[12]), // datagrams
                v2(0x21, 0x22, new byte[36]),
                v2(0x21, 0x32, new byte[216]),
                v2(0x21, 0x10, new byte[12]), // combinations that there are none of
                v2(0x21, 0x01, new byte[12]),
                v2(0x21, 0x13, new byte[12]),
                v2(0x21, 0x41, new byte[216]),
                v2(0x21, 0x11, new byte[11]), // too short
                v2(0x21, 0x21, new byte[35]),
                v2(0x21, 0x31, new byte[215]),
                inet(new byte[] {4}), // extensions
                inet(new byte[] {4, 0}),
                inet(new byte[] {4, 0, 1}),
                inet(tlv(4, new byte[3]), new byte[] {4, 1, 0, 1}),
                inet(tlv(3, new byte[3])), // checksums
                inet(tlv(3, new byte[5])),
                inet(tlv(3, new byte[4])),
                wrong,
                changed,
                Arrays.copyOf(v2(0x21, 0x11, new byte[ProxyHeader.MOST_BYTES - 15]), tooShort.length), // long: at once
                v2(0x20, 0x00, new byte[65_535]));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void shouldRefuseABrokenHeader(byte[] bytes) {
        assertThat(read(bytes)).isInstanceOf(Broken.class);
    }

    @Test
    void shouldSurviveMutations() {
        List<Case> all = headers().toList();
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = all.get(random.nextInt(all.size())).bytes().clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 64))] = (byte) random.nextInt();
            }
            ProxyReading reading = read(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
            if (reading instanceof ProxyHeader header) {
                assertThat(header.length()).as("seed %d", seed).isBetween(15, bytes.length);
            }
        }
    }

    @Test
    void shouldLeaveTheBufferAsItIs() {
        ByteBuffer bytes =
                ByteBuffer.wrap(ascii("xPROXY UNKNOWN\r\nx")).position(1).limit(16);
        assertThat(ProxyHeader.of(bytes)).isEqualTo(new ProxyHeader(15, null));
        assertThat(bytes.position()).isEqualTo(1);
        assertThat(bytes.limit()).isEqualTo(16);
    }
}
