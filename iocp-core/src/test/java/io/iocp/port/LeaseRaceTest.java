package io.iocp.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.operation.LeasedBuffer;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stale holder of a buffer against the buffer's next lease. */
@Timeout(60)
class LeaseRaceTest {
    private static final int ROUNDS = 300_000;

    @Test
    void shouldNotLoseTheNextLeaseToARefusedRelease() throws Exception {
        AtomicInteger recycled = new AtomicInteger();
        LeasedBuffer buffer = new LeasedBuffer(Arena.ofAuto().allocate(8), 0, _ -> recycled.incrementAndGet());
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger retained = new AtomicInteger();
        Thread stale = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                try {
                    buffer.retain();
                    retained.incrementAndGet();
                    buffer.release();
                } catch (IllegalStateException refused) {
                    Thread.onSpinWait(); // as it should be while nobody has a lease
                }
            }
        });
        int lost = 0;
        for (int round = 1; round <= ROUNDS && lost == 0; round++) {
            buffer.lease();
            buffer.release();
            long deadline = System.nanoTime() + ScriptedPort.DEADLINE.toNanos();
            while (recycled.get() < round && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            lost = round - recycled.get();
        }
        over.set(true);
        stale.join();
        assertThat(lost).as("leases that never came back (or came back twice)").isZero();
    }

    @Test
    void shouldCountTheLeasesOfAHundredThousandOperationsApart() {
        AtomicInteger recycled = new AtomicInteger();
        LeasedBuffer buffer = new LeasedBuffer(Arena.ofAuto().allocate(8), 0, _ -> recycled.incrementAndGet());
        buffer.lease();
        int operations = 100_000;
        for (int i = 0; i < operations; i++) {
            buffer.retain().pin();
        }
        buffer.release();
        assertThatThrownBy(buffer::release).as("all are in flight").isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(buffer::pin).as("nobody has one to give").isInstanceOf(IllegalStateException.class);
        for (int i = 0; i < operations; i++) {
            assertThat(recycled).hasValue(0);
            buffer.unpin();
        }
        assertThat(recycled).hasValue(1);
        assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
    }
}
