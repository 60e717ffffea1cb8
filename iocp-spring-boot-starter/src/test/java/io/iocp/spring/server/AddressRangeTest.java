package io.iocp.spring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.1.2.3/8, 10.9.9.9, true",
        "192.168.1.128/25, 192.168.1.129, true",
        "192.168.1.128/25, 192.168.1.127, false",
        "200.0.0.0/6, 203.1.1.1, true",
        "200.0.0.0/6, 204.1.1.1, false",
        "0.0.0.0/0, 255.255.255.255, true",
        "0.0.0.0/0, ::1, false",
        "127.0.0.1, 127.0.0.1, true",
        "127.0.0.1, 127.0.0.2, false",
        "::ffff:10.0.0.0/104, 10.1.2.3, true",
        "::ffff:10.0.0.0/104, 11.1.2.3, false",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "::ffff:0:0/96, 1.2.3.4, true",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::/0, fe80::1, true",
        "::/0, 1.2.3.4, false",
        "::1, ::1, true"
    })
    void shouldContainWhatBeginsWithTheSameBits(String range, String address, boolean contained) {
        assertThat(AddressRange.of(range).contains(InetAddress.ofLiteral(address)))
                .isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "example.com/8",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0.0/x",
                "10.0.0",
                "::/129",
                "::ffff:10.0.0.0/95",
                "/8",
                "10.0.0.0/8/8"
            })
    void shouldRefuseWhatIsNoRange(String text) {
        assertThatThrownBy(() -> AddressRange.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "' is no address range");
    }

    @Test
    void shouldContainNothingThatHasNoIpAddress() {
        assertThat(AddressRange.anyContains(
                        List.of(AddressRange.of("0.0.0.0/0"), AddressRange.of("::/0")),
                        UnixDomainSocketAddress.of("/tmp/x")))
                .isFalse();
        assertThat(AddressRange.anyContains(
                        List.of(AddressRange.of("::/0"), AddressRange.of("127.0.0.0/8")),
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1)))
                .isTrue();
    }

    @Test
    void shouldSayItself() {
        assertThat(AddressRange.of("10.0.0.0/8")).hasToString("10.0.0.0/8");
        assertThat(AddressRange.of("::ffff:10.0.0.0/104")).hasToString("10.0.0.0/8");
    }
}
