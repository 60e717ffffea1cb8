package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SocketOptionsTest {
    private final SocketOptions options = SocketOptions.defaults();

    @Test
    void shouldSayWhatABufferMayBe() {
        assertThatThrownBy(() -> options.withReceiveBuffer(255))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("receiveBuffer must be from 256 bytes to 1 GiB, or 0");
        assertThatThrownBy(() -> options.withSendBuffer((1 << 30) + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sendBuffer");
        options.withReceiveBuffer(256).withSendBuffer(1 << 30).withReceiveBuffer(0);
    }

    @Test
    void shouldSayWhatAKeepAliveMayBe() {
        KeepAlive keepAlive = KeepAlive.defaults();
        assertThatThrownBy(() -> keepAlive.withIdle(Duration.ZERO)).hasMessageContaining("from 1 s to 32767 s");
        assertThatThrownBy(() -> keepAlive.withIdle(Duration.ofMillis(1500))).hasMessageContaining("whole seconds");
        assertThatThrownBy(() -> keepAlive.withInterval(Duration.ofSeconds(32_768)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("interval");
        assertThatThrownBy(() -> keepAlive.withCount(0)).hasMessageContaining("from 1 to 127");
        assertThatThrownBy(() -> keepAlive.withCount(128)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSayWhatTheBuffersOfReceivesMayBe() {
        assertThatThrownBy(() -> ConnectionOptions.defaults().withReceiveBufferSize(15))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("between 16 bytes and 16 MiB");
        assertThatThrownBy(() -> ListenOptions.defaults().withBacklog(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 1");
    }
}
