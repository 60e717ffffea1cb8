package io.iocp.spring.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Counts of many threads, added up while they count. */
@Timeout(60)
class LatencyTest {
    private static final int THREADS = 4;
    private static final int EACH = 200_000;

    private final AtomicLong now = new AtomicLong();
    private final Latency latency = new Latency(new LatencyScale(1000), now::get);

    @Test
    void shouldCountEveryRecordOfThreadsThatEnd() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                LatencyCells cells = latency.cellsOfThisThread();
                for (int n = 0; n < EACH; n++) {
                    cells.record(n % 2 == 0 ? 500 : 5000);
                }
            }));
        }
        long last = 0;
        while (threads.stream().anyMatch(Thread::isAlive)) {
            long count = latency.count();
            assertThat(count).as("never goes back").isGreaterThanOrEqualTo(last);
            last = count;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(latency.count()).isEqualTo(THREADS * EACH);
        assertThat(latency.scale().countUpTo(1000, latency.counts())).isEqualTo(THREADS * EACH / 2);
        assertThat(latency.totalNanos()).isEqualTo(THREADS * (EACH / 2 * 500.0 + EACH / 2 * 5000.0));
        assertThat(latency.maxNanos()).isEqualTo(5000);
    }

    @Test
    void shouldCountEveryRecordOfThreadsThatShareCells() throws Exception {
        ThreadLatencies shared = new ThreadLatencies(true, number -> latency);
        CountDownLatch done = new CountDownLatch(1000);
        for (int i = 0; i < 1000; i++) {
            Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 100; n++) {
                    shared.record(3, n);
                }
                done.countDown();
            });
        }
        done.await();
        assertThat(latency.count()).isEqualTo(100_000);
    }

    @Test
    void shouldForgetMaximaAndPercentilesOfLongAgo() {
        LatencyCells cells = latency.cellsOfThisThread();
        cells.record(1_000_000);
        assertThat(latency.maxNanos()).isEqualTo(1_000_000);
        assertThat(latency.quantileNanos(0.99)).isGreaterThanOrEqualTo(1_000_000);
        pass(Duration.ofSeconds(61));
        assertThat(latency.maxNanos()).as("of the minute before").isEqualTo(1_000_000);
        cells.record(2000);
        pass(Duration.ofSeconds(61));
        assertThat(latency.maxNanos()).isEqualTo(2000);
        assertThat(latency.quantileNanos(0.99)).isLessThan(10_000);
        assertThat(latency.count()).isEqualTo(2);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
