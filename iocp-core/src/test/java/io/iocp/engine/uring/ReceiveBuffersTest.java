package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.iocp.Needs;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.operation.LeasedBuffer;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Needs("io_uring")
@Timeout(30)
class ReceiveBuffersTest {
    private Ring ring;
    private ReceiveBuffers buffers;

    @BeforeEach
    void open() throws Exception {
        Libc libc = assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
        ring = Ring.open(libc, 8, 16);
        buffers = new ReceiveBuffers(libc, ring, 0, 2, 64, buffer -> buffers.giveBack(buffer));
    }

    @AfterEach
    void close() {
        ring.close();
    }

    @Test
    void shouldNotStallWhileNobodyWaits() {
        assertThat(buffers.stalls(true)).isFalse();
    }

    @Test
    void shouldStallAtOnceWhenTheLoopIsIdleAndNothingHasComeBack() {
        buffers.starved.add(new Request(0));
        assertThat(buffers.stalls(true)).isTrue();
    }

    @Test
    void shouldNotStallWhileBuffersComeAndGo() {
        buffers.starved.add(new Request(0));
        for (int turn = 0; turn < 1000; turn++) {
            LeasedBuffer filled = buffers.filled(turn % 2, 10);
            filled.release();
            assertThat(buffers.stalls(turn % 3 == 0)).isFalse();
        }
        assertThat(buffers.stalls(true)).isTrue();
    }

    @Test
    void shouldStallInTheEndWhenTheLoopIsBusyWithSomethingElse() {
        buffers.starved.add(new Request(0));
        int turns = 1;
        while (!buffers.stalls(false)) {
            turns++;
            assertThat(turns).isLessThan(100);
        }
        assertThat(turns).isGreaterThan(2);
    }

    @Test
    void shouldCountTurnsAnewWhenABufferHasComeBack() {
        buffers.starved.add(new Request(0));
        for (int round = 0; round < 10; round++) {
            for (int turn = 0; turn < 10; turn++) {
                assertThat(buffers.stalls(false)).isFalse();
            }
            buffers.filled(0, 10).release();
            assertThat(buffers.stalls(false)).isFalse();
        }
    }

    @Test
    void shouldStallAlthoughABufferThatIsNotOfTheRingComesBack() {
        buffers.starved.add(new Request(0));
        Objects.requireNonNull(buffers.takeOwn()).lease().release();
        assertThat(buffers.stalls(true)).isTrue();
    }
}
