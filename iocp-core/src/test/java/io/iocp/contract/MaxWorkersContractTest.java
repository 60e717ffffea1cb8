package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.WorkerView;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** How many workers there may be, changed while the port runs. */
class MaxWorkersContractTest {

    /** Every packet blocks, until there is a permit for it. */
    private static final class Gate implements CompletionHandler {
        final Semaphore permits = new Semaphore(0);
        final AtomicInteger entered = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            entered.incrementAndGet();
            assertThat(permits.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            done.incrementAndGet();
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            return true;
        }
    }

    @EachEngine
    @DisplayName("with more workers, blocking packets that wait for one run at once")
    void shouldRunWhatWaitsWhenThereMayBeMore(TestEngine engine) throws Exception {
        Gate gate = new Gate();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().maxWorkers(2), gate)) {
            for (int i = 0; i < 5; i++) {
                port.post("key", i);
            }
            await().atMost(PortFixture.DEADLINE).until(() -> gate.entered.get() == 1);
            assertThat(port.maxWorkers()).isEqualTo(2);
            port.maxWorkers(6);
            await().atMost(PortFixture.DEADLINE).until(() -> gate.entered.get() == 5);
            assertThat(port.maxWorkers()).isEqualTo(6);
            assertThat(port.stats().maxWorkers()).isEqualTo(6);
            assertThat(port.workers())
                    .filteredOn(w -> w.state().equals("blocked"))
                    .hasSize(5);
            gate.permits.release(5);
            await().atMost(PortFixture.DEADLINE).until(() -> gate.done.get() == 5);
        }
    }

    @EachEngine
    @DisplayName(
            "with fewer workers, spares end when their handlers have returned, and blocking packets run all the same")
    void shouldEndSparesWhenThereMayBeFewer(TestEngine engine) throws Exception {
        Gate gate = new Gate();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().maxWorkers(5), gate)) {
            for (int i = 0; i < 4; i++) {
                port.post("key", i);
            }
            await().atMost(PortFixture.DEADLINE).until(() -> gate.entered.get() == 4);
            assertThat(port.workers()).hasSize(5);
            port.maxWorkers(1);
            assertThat(gate.done).as("nobody is disturbed").hasValue(0);
            gate.permits.release(4);
            await().atMost(PortFixture.DEADLINE).until(() -> port.workers().size() == 1);
            assertThat(gate.done).hasValue(4);

            gate.permits.release();
            port.post("key", "on the shard's own worker");
            await().atMost(PortFixture.DEADLINE).until(() -> gate.done.get() == 5);
            assertThat(port.workers()).hasSize(1);
        }
    }

    @EachEngine
    @DisplayName("whatever the bound does meanwhile, each packet is run once")
    void shouldLoseNothingWhileTheBoundChanges(TestEngine engine) throws Exception {
        int packets = 20_000;
        Gate gate = new Gate();
        gate.permits.release(packets);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().maxWorkers(4), gate)) {
            for (int i = 0; i < packets; i++) {
                port.post("key", i);
                if (i % 50 == 0) {
                    port.maxWorkers(1 + i / 50 % 4);
                }
            }
            port.maxWorkers(1);
            await().atMost(PortFixture.DEADLINE).until(() -> gate.done.get() == packets);
            await().atMost(PortFixture.DEADLINE).until(() -> port.workers().size() == 1);
        }
        assertThat(gate.entered).hasValue(packets);
    }

    @EachEngine
    @DisplayName("a bound that cannot be is refused, and nothing has changed")
    void shouldRefuseABoundThatCannotBe(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(2).maxWorkers(3), packet -> {})) {
            assertThatThrownBy(() -> port.maxWorkers(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("from 2 (the concurrency: each shard needs a worker) to 65000: 1");
            assertThatThrownBy(() -> port.maxWorkers(65_001)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> port.maxWorkers(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(port.maxWorkers()).isEqualTo(3);
            port.maxWorkers(0);
            assertThat(port.maxWorkers()).as("twice the concurrency").isEqualTo(4);
        }
    }

    @EachEngine
    @DisplayName("a port without a handler has no workers to bound")
    void shouldRefuseABoundWhereTheUsersThreadsWork(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            assertThatThrownBy(() -> port.maxWorkers(4))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("threads of yours");
        }
    }

    @EachEngine
    @DisplayName("each worker tells its shard and what it does")
    void shouldShowEachWorker(TestEngine engine) throws Exception {
        AtomicInteger run = new AtomicInteger();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packet -> run.incrementAndGet())) {
            for (int i = 0; i < 100; i++) {
                port.post("key", i);
            }
            await().atMost(PortFixture.DEADLINE).until(() -> run.get() == 100);
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> port.workers().stream().allMatch(w -> w.state().equals("sleeping")));
            assertThat(port.workers()).extracting(WorkerView::shard).containsExactlyInAnyOrder(0, 1);
            assertThat(port.workers()).extracting(WorkerView::name).allMatch(n -> n.startsWith("iocp-test-worker-"));
            assertThat(port.workers())
                    .extracting(WorkerView::packets)
                    .satisfies(counts -> assertThat(
                                    counts.stream().mapToLong(Long::longValue).sum())
                            .isEqualTo(100));
            assertThat(port.stats().shards())
                    .allSatisfy(s -> assertThat(port.workers())
                            .filteredOn(w -> w.number() == s.worker())
                            .extracting(WorkerView::shard)
                            .containsExactly(s.index()));
        }
    }
}
