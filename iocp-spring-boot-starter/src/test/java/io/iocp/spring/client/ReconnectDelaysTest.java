package io.iocp.spring.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconnectDelaysTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void shouldGrowUpToTheLongest() {
        ReconnectDelays delays = new ReconnectDelays(SECOND, Duration.ofSeconds(10), 2, 0);

        assertThat(List.of(1, 2, 3, 4, 5, 6, 100_000))
                .map(failures -> delays.after(failures, 0.999).toSeconds())
                .containsExactly(1L, 2L, 4L, 8L, 10L, 10L, 10L);
    }

    @Test
    void shouldLeaveAShareToChance() {
        ReconnectDelays delays = new ReconnectDelays(SECOND, SECOND, 1, 0.25);

        assertThat(delays.after(1, 0)).isEqualTo(SECOND);
        assertThat(delays.after(1, 0.5)).isEqualTo(Duration.ofMillis(875));
        assertThat(delays.after(1, 0.999999)).isGreaterThanOrEqualTo(Duration.ofMillis(750));
        assertThat(new ReconnectDelays(SECOND, SECOND, 1, 1).after(1, 0.75)).isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void shouldRefuseWhatMakesNoSense() {
        assertThatThrownBy(() -> new ReconnectDelays(Duration.ZERO, SECOND, 2, 0))
                .hasMessageContaining("initial");
        assertThatThrownBy(() -> new ReconnectDelays(SECOND, SECOND.dividedBy(2), 2, 0))
                .hasMessageContaining("longest");
        assertThatThrownBy(() -> new ReconnectDelays(SECOND, SECOND, 0.5, 0)).hasMessageContaining("multiplier");
        assertThatThrownBy(() -> new ReconnectDelays(SECOND, SECOND, Double.NaN, 0))
                .hasMessageContaining("multiplier");
        assertThatThrownBy(() -> new ReconnectDelays(SECOND, SECOND, 2, 1.5)).hasMessageContaining("jitter");
    }

    @Test
    void shouldSpreadThePoolOverTheAddressesOfTheFirstFamily() throws UnknownHostException {
        InetAddress first = InetAddress.ofLiteral("10.0.0.1");
        InetAddress second = InetAddress.ofLiteral("10.0.0.2");
        InetAddress other = InetAddress.ofLiteral("fd00::1");
        List<InetAddress> found = List.of(first, other, second);

        assertThat(Attempt.spread(found, 0)).containsExactly(first, second, other);
        assertThat(Attempt.spread(found, 1)).containsExactly(second, first, other);
        assertThat(Attempt.spread(found, 2)).containsExactly(first, second, other);
        assertThat(Attempt.spread(List.of(other, first), 5)).containsExactly(other, first);
    }
}
