package io.iocp.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The count of those who need a descriptor. */
class OpenFileTest {
    private final AtomicInteger closes = new AtomicInteger();

    private OpenFile open() {
        return new OpenFile(Path.of("any"), FileAccess.of(), 1, closes::incrementAndGet);
    }

    @Test
    void shouldCloseWithItsLastUser() {
        OpenFile file = open();
        assertThat(file.pin()).isTrue();
        file.unpin(); // the handle's own use
        assertThat(file.isClosed()).isFalse();
        assertThat(file.pin()).as("another user while one is left").isTrue();
        file.unpin();
        assertThat(closes).hasValue(0);
        file.unpin();
        assertThat(closes).hasValue(1);
        assertThat(file.isClosed()).isTrue();
        assertThat(file.pin()).as("a user of a closed descriptor").isFalse();
        assertThat(closes).hasValue(1);
    }

    @Test
    void shouldCloseOnceAndUnderNobodyWhenManyComeAndGo() throws Exception {
        for (int round = 0; round < 200; round++) {
            OpenFile file = open();
            closes.set(0);
            AtomicInteger usedAfterTheClose = new AtomicInteger();
            CyclicBarrier start = new CyclicBarrier(4);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    await(start);
                    while (file.pin()) {
                        if (closes.get() > 0) {
                            usedAfterTheClose.incrementAndGet();
                        }
                        file.unpin();
                    }
                }));
            }
            await(start);
            file.unpin();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(closes).hasValue(1);
            assertThat(usedAfterTheClose).hasValue(0);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
