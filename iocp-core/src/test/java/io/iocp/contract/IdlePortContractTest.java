package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.operation.Status;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;

/**
 * A port with nothing to do uses no processor at all: its workers are in the kernel's wait, its spares and its monitor are
 * parked.
 */
class IdlePortContractTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Far longer than anything that ticks might be away between two ticks. */
    private static final Duration WHILE = Duration.ofMillis(300);

    private static final int SPARES = 3;

    /** Three at a time on spares, if their key says so. */
    private static final class Handler implements CompletionHandler {
        final CyclicBarrier together = new CyclicBarrier(SPARES);
        final CountDownLatch done = new CountDownLatch(SPARES);

        @Override
        public boolean blocks(OverlappedIO packet) {
            return "block".equals(packet.key());
        }

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (blocks(packet)) {
                together.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
                done.countDown();
            }
        }
    }

    private static List<Thread> threadsOf(String port) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("iocp-" + port + "-"))
                .toList();
    }

    /** Nanoseconds of processor time by thread. */
    private static Map<String, Long> processorTime(List<Thread> threads) {
        Map<String, Long> times = new TreeMap<>();
        threads.forEach(t -> times.put(t.getName(), THREADS.getThreadCpuTime(t.threadId())));
        return times;
    }

    @EachEngine
    @DisplayName("an idle port with connections, spares and a timer uses no processor time")
    void shouldUseNoProcessorWhenIdle(EngineChoice engine) throws Exception {
        Handler handler = new Handler();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort other = fixture.open();
                CompletionPort port =
                        fixture.open(fixture.options().name("idle").concurrency(2), handler)) {
            for (int i = 0; i < 20; i++) {
                Link link = fixture.link(port, i);
                link.connection().receiveContinuously(new OverlappedIO());
            }
            for (int i = 0; i < SPARES; i++) {
                port.post("block", null);
            }
            assertThat(handler.done.await(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            // A timer that is far away is nothing to get up for.
            port.postDelayed(new OverlappedIO(), "late", Duration.ofHours(1), null);
            await().atMost(PortFixture.DEADLINE)
                    .untilAsserted(() -> assertThat(port.stats().workers())
                            .containsEntry("sleeping", 2)
                            .containsEntry("parked", SPARES)
                            .containsEntry("running", 0)
                            .containsEntry("polling", 0)
                            .containsEntry("blocked", 0));

            List<Thread> threads = threadsOf("idle");
            assertThat(threads).as("workers, spares, monitor").hasSize(2 + SPARES + 1);
            assertThat(quietFor(other, threads))
                    .as("what uses the processor while %s", stacks(threads))
                    .isEmpty();
            for (Thread thread : threads) {
                if (thread.getName().endsWith("monitor")) {
                    assertThat(thread.getState())
                            .as("the monitor, which has no time to wait for")
                            .isEqualTo(Thread.State.WAITING);
                }
            }
        }
    }

    /**
     * The threads that ran while something else was waited for. What has just become idle may have a little left to do
     * before it is asleep: one quiet while is what counts, and a thread that ticks never has one.
     */
    private static List<String> quietFor(CompletionPort other, List<Thread> threads) throws InterruptedException {
        List<String> ran = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            Map<String, Long> before = processorTime(threads);
            other.postDelayed(new OverlappedIO(), "while", WHILE, null);
            assertThat(other.take().status()).isEqualTo(Status.TIMER_EXPIRED);
            Map<String, Long> after = processorTime(threads);
            ran.clear();
            after.forEach((name, nanos) -> {
                if (!nanos.equals(before.get(name))) {
                    ran.add(name);
                }
            });
            if (ran.isEmpty()) {
                break;
            }
        }
        return ran;
    }

    private static String stacks(List<Thread> threads) {
        StringBuilder text = new StringBuilder();
        for (Thread thread : threads) {
            text.append('\n').append(thread.getName()).append(' ').append(thread.getState());
            for (StackTraceElement frame : thread.getStackTrace()) {
                text.append("\n  ").append(frame);
            }
        }
        return text.toString();
    }
}
