package io.iocp.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.iocp.Needs;
import java.lang.foreign.Arena;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

@Needs("io_uring")
class SockAddrTest {
    private final long memory = Arena.ofAuto().allocate(SockAddr.MAX_BYTES, 8).address();

    @Test
    void shouldWriteIpv4InNetworkOrderAtTheOffsetsOfTheHeader() {
        assertEquals(16, SockAddr.encode(address("10.1.2.3", 7007), Libc.AF_INET, memory));
        assertEquals(2, Memory.getShort(memory));
        assertEquals(0x1b, Memory.getByte(memory + 2));
        assertEquals(0x5f, Memory.getByte(memory + 3));
        assertEquals(10, Memory.getByte(memory + 4));
        assertEquals(3, Memory.getByte(memory + 7));
        assertEquals(address("10.1.2.3", 7007), SockAddr.decode(memory, SockAddr.IN6_BYTES));
    }

    @Test
    void shouldWriteIpv6WithItsScopeAtTheOffsetsOfTheHeader() {
        assertEquals(28, SockAddr.encode(address("fe80::5%1", 443), Libc.AF_INET6, memory));
        assertEquals(10, Memory.getShort(memory));
        assertEquals((byte) 0xfe, Memory.getByte(memory + 8));
        assertEquals(5, Memory.getByte(memory + 23));
        assertEquals(1, Memory.getInt(memory + 24));
        assertEquals(address("fe80::5%1", 443), SockAddr.decode(memory, SockAddr.IN6_BYTES));
    }

    @Test
    void shouldGiveIpv4BackWhenADualStackSocketReportsTheMappedForm() {
        SockAddr.encode(address("127.0.0.1", 65535), Libc.AF_INET6, memory);
        assertEquals((byte) 0xff, Memory.getByte(memory + 18));
        InetSocketAddress decoded = (InetSocketAddress) SockAddr.decode(memory, SockAddr.IN6_BYTES);
        assertEquals(address("127.0.0.1", 65535), decoded);
        assertInstanceOf(Inet4Address.class, decoded.getAddress());
    }

    @Test
    void shouldMeanEveryAddressOfBothFamiliesByTheIpv4Wildcard() {
        SockAddr.encode(address("0.0.0.0", 1), Libc.AF_INET6, memory);
        assertEquals(address("::", 1), SockAddr.decode(memory, SockAddr.IN6_BYTES));
    }

    @Test
    void shouldRefuseWhatTheSocketCannotUse() {
        assertThrows(IllegalArgumentException.class, () -> SockAddr.encode(address("::1", 1), Libc.AF_INET, memory));
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 1);
        assertThrows(IllegalArgumentException.class, () -> SockAddr.encode(unresolved, Libc.AF_INET, memory));
    }

    private static InetSocketAddress address(String literal, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
    }
}
