package io.iocp.spring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L); // it may run over

    private Admission admission(AdmissionSettings settings) {
        return new Admission(settings, clock::get);
    }

    private static SocketAddress from(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 4711);
    }

    private static List<AddressRange> ranges(String... texts) {
        return List.of(texts).stream().map(AddressRange::of).toList();
    }

    @Test
    void shouldLetEverybodyInByDefault() {
        Admission admission = admission(AdmissionSettings.ANYBODY);
        assertThat(admission.checkRoom(Integer.MAX_VALUE)).isNull();
        assertThat(admission.enter(from("1.2.3.4"))).isNull();
        assertThat(admission.checkRate()).isNull();
    }

    @Test
    void shouldRefuseOneTooMany() {
        Admission admission = admission(new AdmissionSettings(2, 0, 0, List.of(), List.of()));
        assertThat(admission.checkRoom(1)).isNull();
        assertThat(admission.checkRoom(2)).isEqualTo(RejectReason.MAX_CONNECTIONS);
    }

    @Test
    void shouldDenyBeforeItAllows() {
        Admission admission =
                admission(new AdmissionSettings(0, 0, 0, ranges("10.0.0.0/8", "2001:db8::/32"), ranges("10.6.0.0/16")));
        assertThat(admission.enter(from("10.1.1.1"))).isNull();
        assertThat(admission.enter(from("::ffff:10.1.1.1"))).isNull();
        assertThat(admission.enter(from("2001:db8::7"))).isNull();
        assertThat(admission.enter(from("10.6.1.1"))).isEqualTo(RejectReason.ADDRESS_DENIED);
        assertThat(admission.enter(from("11.1.1.1"))).isEqualTo(RejectReason.ADDRESS_DENIED);
        assertThat(admission.enter(UnixDomainSocketAddress.of("/tmp/x"))).isNull();
        assertThat(admission(new AdmissionSettings(0, 0, 0, List.of(), ranges("10.0.0.0/8")))
                        .enter(from("11.1.1.1")))
                .isNull();
    }

    @Test
    void shouldCountIpv4AddressesAndIpv6NetworksAlone() {
        Admission admission = admission(new AdmissionSettings(0, 2, 0, List.of(), List.of()));
        assertThat(admission.enter(from("1.1.1.1"))).isNull();
        assertThat(admission.enter(from("1.1.1.1"))).isNull();
        assertThat(admission.enter(from("1.1.1.1"))).isEqualTo(RejectReason.PER_ADDRESS);
        assertThat(admission.enter(from("1.1.1.2"))).isNull();
        admission.leave(from("1.1.1.1"));
        assertThat(admission.enter(from("1.1.1.1"))).isNull();
        assertThat(admission.enter(from("1.1.1.1"))).isEqualTo(RejectReason.PER_ADDRESS);

        assertThat(admission.enter(from("2001:db8:0:1::1"))).isNull();
        assertThat(admission.enter(from("2001:db8:0:1:ffff::2"))).isNull();
        assertThat(admission.enter(from("2001:db8:0:1::3"))).isEqualTo(RejectReason.PER_ADDRESS);
        assertThat(admission.enter(from("2001:db8:0:2::1"))).isNull();
    }

    @Test
    void shouldLetSoManyInInASecondAndThatManyAtOnce() {
        Admission admission = admission(new AdmissionSettings(0, 0, 10, List.of(), List.of()));
        for (int i = 0; i < 10; i++) {
            assertThat(admission.checkRate()).isNull();
        }
        assertThat(admission.checkRate()).isEqualTo(RejectReason.ACCEPT_RATE);
        clock.addAndGet(Duration.ofMillis(99).toNanos());
        assertThat(admission.checkRate()).isEqualTo(RejectReason.ACCEPT_RATE);
        clock.addAndGet(Duration.ofMillis(1).toNanos());
        assertThat(admission.checkRate()).isNull();
        assertThat(admission.checkRate()).isEqualTo(RejectReason.ACCEPT_RATE);
        clock.addAndGet(Duration.ofHours(1).toNanos());
        int in = 0;
        while (admission.checkRate() == null) {
            in++;
        }
        assertThat(in).isEqualTo(10);
    }
}
