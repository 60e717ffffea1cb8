package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.iocp.Needs;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.linux.LinuxException;
import io.iocp.operation.LeasedBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Needs("io_uring")
@Timeout(30)
class ReceiveBuffersTest {
    private final Libc libc =
            assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
    private final List<LeasedBuffer> filled = new ArrayList<>();
    private Ring ring;
    private ReceiveBuffers buffers;
    private int groups;

    @BeforeEach
    void open() throws Exception {
        ring = Ring.open(libc, 8, 16);
        buffers = buffers(2);
    }

    private ReceiveBuffers buffers(int count) throws LinuxException {
        return new ReceiveBuffers(libc, ring, groups++, count, 64, buffer -> buffers.giveBack(buffer));
    }

    /** A receive has found no buffer. */
    private void starve() {
        filled.add(buffers.filled(0, 10));
        filled.add(buffers.filled(1, 10));
        buffers.queue.add(new Request(0));
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
        starve();
        assertThat(buffers.stalls(true)).isTrue();
    }

    @Test
    void shouldNotStallWhileBuffersComeAndGo() {
        starve();
        for (int turn = 0; turn < 1000; turn++) {
            filled.removeFirst().release();
            assertThat(buffers.stalls(turn % 3 == 0)).isFalse();
            filled.addLast(buffers.filled(turn % 2, 10));
        }
        assertThat(buffers.stalls(true)).isTrue();
    }

    @Test
    void shouldStallInTheEndWhenTheLoopIsBusyWithSomethingElse() {
        starve();
        int turns = 1;
        while (!buffers.stalls(false)) {
            turns++;
            assertThat(turns).isLessThan(100);
        }
        assertThat(turns).isGreaterThan(2);
    }

    @Test
    void shouldCountTurnsAnewWhenABufferHasComeBack() {
        starve();
        for (int round = 0; round < 10; round++) {
            for (int turn = 0; turn < 10; turn++) {
                assertThat(buffers.stalls(false)).isFalse();
            }
            filled.removeFirst().release();
            assertThat(buffers.stalls(false)).isFalse();
            filled.addLast(buffers.filled(round % 2, 10));
        }
    }

    @Test
    void shouldNotStallWhileThereIsABufferForWhoWaits() {
        starve();
        filled.removeFirst().release();
        for (int turn = 0; turn < 100; turn++) {
            assertThat(buffers.stalls(true)).isFalse();
        }
    }

    @Test
    void shouldLendFewInACrowdAndAllAfterwards() throws Exception {
        int count = 128;
        buffers = buffers(count);
        for (int id = 0; id < count; id++) {
            filled.add(buffers.filled(id, 10));
        }
        Request waiting = new Request(0);
        buffers.queue.add(waiting);
        assertThat(buffers.isCrowded()).isTrue();
        filled.forEach(LeasedBuffer::release);
        int few = buffers.available();
        assertThat(few).isBetween(1, count / 2);
        buffers.lend();
        assertThat(buffers.available()).as("still crowded").isEqualTo(few);
        LeasedBuffer kept = buffers.filled(0, 10);
        assertThat(buffers.available()).isEqualTo(few - 1);
        buffers.lend();
        assertThat(buffers.available()).as("another instead").isEqualTo(few);
        buffers.queue.remove(waiting);
        buffers.lend();
        assertThat(buffers.available()).isEqualTo(count - 1);
        kept.release();
        assertThat(buffers.available()).isEqualTo(count);
    }

    @Test
    void shouldStallAlthoughABufferThatIsNotOfTheRingComesBack() {
        starve();
        Objects.requireNonNull(buffers.takeOwn()).lease().release();
        assertThat(buffers.stalls(true)).isTrue();
    }
}
