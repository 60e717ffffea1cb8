package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The pool, and the leases on its buffers. */
class BufferPoolTest {
    private final BufferPool pool = new BufferPool();

    @Test
    void shouldLeaseAtLeastWhatIsAskedFor() {
        for (int bytes : new int[] {0, 1, 255, 256, 257, 512, 513, 65_536, 65_537, 1 << 20, (1 << 20) + 1, 5_000_000}) {
            LeasedBuffer buffer = pool.lease(bytes);
            assertThat(buffer.capacity()).isGreaterThanOrEqualTo(bytes).isLessThan(Math.max(257, 2 * bytes));
            assertThat(buffer.length()).isZero();
            assertThat(buffer.data().remaining()).isZero();
            assertThat(buffer.segment().isNative()).isTrue();
            assertThat(buffer.segment().byteSize()).isEqualTo(buffer.capacity());
            buffer.release();
        }
        assertThatThrownBy(() -> pool.lease(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldGiveTheSameMemoryAgain() {
        LeasedBuffer buffer = pool.lease(1000);
        long allocated = pool.allocatedBytes();
        assertThat(allocated).isEqualTo(1024);
        buffer.length(10);
        buffer.release();
        LeasedBuffer again = pool.lease(600);
        assertThat(again).isSameAs(buffer);
        assertThat(again.length()).isZero();
        LeasedBuffer other = pool.lease(600);
        assertThat(other).isNotSameAs(buffer);
        assertThat(pool.allocatedBytes()).isEqualTo(2048);
    }

    @Test
    void shouldMakeNoMoreThanThereMayBeTogetherWithOtherThings() {
        AtomicInteger others = new AtomicInteger(1000);
        pool.bound(5000, others::get);
        LeasedBuffer one = pool.lease(2048);
        LeasedBuffer two = pool.lease(1024);
        assertThat(pool.leasedBytes()).isEqualTo(3072);
        assertThatThrownBy(() -> pool.lease(1024))
                .isInstanceOf(TooMuchMemoryException.class)
                .hasMessageContaining("5000");
        assertThatThrownBy(() -> pool.lease(2_000_000)).isInstanceOf(TooMuchMemoryException.class);
        assertThat(pool.allocatedBytes()).isEqualTo(3072);
        others.set(900);
        LeasedBuffer three = pool.lease(1024);
        assertThat(pool.leaseAnyway(512).capacity()).isEqualTo(512); // what has begun goes on
        one.release();
        two.release();
        three.release();
        assertThat(pool.leasedBytes()).isEqualTo(512);
        assertThat(pool.allocatedBytes()).isEqualTo(4608);
        assertThat(pool.lease(1024).capacity()).isEqualTo(1024); // one that is free
    }

    @Test
    void shouldLetGoOfFreeBuffersWhereAnotherSizeNeedsTheRoom() {
        pool.bound(1 << 20, () -> 0);
        List<LeasedBuffer> small = new ArrayList<>();
        for (int i = 0; i < 4096; i++) {
            small.add(pool.lease(256));
        }
        assertThatThrownBy(() -> pool.lease(1)).isInstanceOf(TooMuchMemoryException.class);
        small.forEach(LeasedBuffer::release);
        assertThat(pool.allocatedBytes()).isEqualTo(1 << 20); // all are kept
        LeasedBuffer large = pool.lease(512 << 10);
        assertThat(pool.allocatedBytes()).isEqualTo(1 << 20);
        large.release();
        assertThat(pool.leasedBytes()).isZero();
    }

    @Test
    void shouldKeepABoundedNumberOfFreeBuffers() {
        List<LeasedBuffer> leased = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            leased.add(pool.lease(1 << 20));
        }
        assertThat(pool.allocatedBytes()).isEqualTo(40L << 20);
        leased.forEach(LeasedBuffer::release);
        assertThat(pool.allocatedBytes()).isBetween(1L << 20, 16L << 20);
    }

    @Test
    void shouldComeBackWhenTheLastLeaseEnds() {
        LeasedBuffer buffer = pool.lease(8);
        assertThat(buffer.retain()).isSameAs(buffer);
        buffer.release();
        assertThat(pool.lease(8)).isNotSameAs(buffer);
        buffer.release();
        assertThat(pool.lease(8)).isSameAs(buffer);
    }

    @Test
    void shouldRefuseToEndALeaseThatThereIsNot() {
        LeasedBuffer buffer = pool.lease(8);
        buffer.release();
        assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(buffer::retain).isInstanceOf(IllegalStateException.class);
        assertThat(pool.lease(8)).isSameAs(buffer);
        buffer.release();
    }

    @Test
    void shouldShowTheFilledPart() {
        LeasedBuffer buffer = pool.lease(300);
        buffer.length(3);
        buffer.data().put(0, new byte[] {1, 2, 3});
        MemorySegment filled = buffer.filled();
        assertThat(filled.toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
        assertThat(buffer.filled()).as("kept for the same length").isSameAs(filled);
        buffer.length(2);
        assertThat(buffer.filled().byteSize()).isEqualTo(2);
        assertThat(buffer.data().remaining()).isEqualTo(2);
        buffer.release();
    }

    @Test
    void shouldLetOnlyMemoryThatCannotBeFreedEnterTheKernel() {
        try (Arena confined = Arena.ofConfined();
                Arena shared = Arena.ofShared()) {
            assertThat(BufferPool.mayEnterKernel(Arena.global().allocate(8))).isTrue();
            assertThat(BufferPool.mayEnterKernel(
                            Arena.global().allocate(8).asSlice(2, 3).asReadOnly()))
                    .isTrue();
            assertThat(BufferPool.mayEnterKernel(confined.allocate(8))).isFalse();
            assertThat(BufferPool.mayEnterKernel(shared.allocate(8))).isFalse();
            assertThat(BufferPool.mayEnterKernel(Arena.ofAuto().allocate(8))).isFalse();
            assertThat(BufferPool.mayEnterKernel(MemorySegment.ofArray(new byte[8])))
                    .isFalse();
        }
    }

    @Test
    void shouldNeverLeaseOneBufferToTwo() throws InterruptedException {
        Set<LeasedBuffer> out = ConcurrentHashMap.newKeySet();
        AtomicInteger doubles = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 50_000; i++) {
                    LeasedBuffer buffer = pool.lease(100);
                    if (!out.add(buffer)) {
                        doubles.incrementAndGet();
                    }
                    buffer.retain();
                    buffer.release();
                    out.remove(buffer);
                    buffer.release();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(doubles).hasValue(0);
        assertThat(pool.allocatedBytes()).isLessThanOrEqualTo(4 * 256);
    }
}
