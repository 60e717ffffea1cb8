package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;

/**
 * Eight producers post as fast as they can: no packet is lost, none comes twice, and each producer's come in its order.
 *
 * <p>What "in its order" can mean: packets leave the queue one by one, the oldest first, whoever takes them. Where several
 * threads run packets, each sees a producer's numbers only grow, and of those before its own at most one for each other
 * thread has left the queue without having begun to run. Where one thread runs them, they run in order.
 *
 * <p>{@code -Diocp.posts=10000000} posts that many instead of 400,000.
 */
class PostLoadContractTest {
    private static final int PRODUCERS = 8;
    private static final int EACH = Integer.getInteger("iocp.posts", 400_000) / PRODUCERS;
    private static final int WINDOW = 1024;
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    /** A packet's place in its producer's window. */
    private static final class Slot {
        final OverlappedIO packet = new OverlappedIO(this);

        /** Posted, and whoever ran the packet has not read it to the end. */
        volatile boolean busy;
    }

    /** Writes down what comes, and what is wrong with it. Thread: any. */
    private static final class Ledger {
        /** Threads that may have taken a packet from the queue and not begun to run it, while another runs one. */
        private final int others;

        private final long[][] seen = new long[PRODUCERS][(EACH + 63) / 64];
        private final AtomicLong[] begun = new AtomicLong[PRODUCERS];
        private final CountDownLatch left = new CountDownLatch(PRODUCERS * EACH);
        private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

        /** The last number of each producer that this thread has seen. */
        private final ThreadLocal<long[]> last = ThreadLocal.withInitial(() -> new long[PRODUCERS]);

        Ledger(int threads) {
            others = threads - 1;
            for (int i = 0; i < PRODUCERS; i++) {
                begun[i] = new AtomicLong();
            }
        }

        void enter(OverlappedIO packet) {
            Slot slot = (Slot) packet.attachment();
            int producer = (Integer) packet.key();
            int number = (int) packet.bytesTransferred();
            long before = begun[producer].getAndIncrement();
            if (before < number - others) {
                wrong.add(number + " of producer " + producer + " began when only " + before + " had");
            }
            long[] mine = last.get();
            if (mine[producer] > number) {
                wrong.add(number + " of producer " + producer + " came after " + (mine[producer] - 1));
            }
            mine[producer] = number + 1L;
            long bit = 1L << (number & 63);
            long word = (long) WORDS.getAndBitwiseOr(seen[producer], number >> 6, bit);
            if ((word & bit) != 0) {
                wrong.add(number + " of producer " + producer + " came twice");
            }
            slot.busy = false;
            left.countDown();
        }

        void check() throws InterruptedException {
            long allowed = 60 + PRODUCERS * (long) EACH / 20_000;
            boolean all = left.await(allowed, TimeUnit.SECONDS);
            assertThat(wrong).isEmpty();
            assertThat(all).as("%d packets never came", left.getCount()).isTrue();
        }
    }

    private static List<Thread> startProducers(CompletionPort port, AtomicBoolean over) {
        List<Thread> producers = new ArrayList<>();
        for (int p = 0; p < PRODUCERS; p++) {
            Integer producer = p;
            producers.add(Thread.ofPlatform().start(() -> {
                Slot[] window = new Slot[WINDOW];
                for (int i = 0; i < WINDOW; i++) {
                    window[i] = new Slot();
                }
                for (int number = 0; number < EACH; number++) {
                    Slot slot = window[number % WINDOW];
                    while (slot.busy) {
                        if (over.get()) {
                            return;
                        }
                        LockSupport.parkNanos(slot, 20_000); // the window is full
                    }
                    slot.busy = true;
                    port.post(slot.packet, producer, number, Status.OK);
                }
            }));
        }
        return producers;
    }

    private static void load(CompletionPort port, Ledger ledger) throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> producers = startProducers(port, over);
        try {
            ledger.check();
        } finally {
            over.set(true);
            for (Thread producer : producers) {
                producer.join();
            }
        }
    }

    @EachEngine
    @DisplayName("posts of eight threads run on two shards: none lost, none twice, FIFO per producer")
    void shouldRunThePostsOfEightThreadsOnTwoShards(EngineChoice engine) throws Exception {
        run(engine, 2);
    }

    @EachEngine
    @DisplayName("posts of eight threads run on one shard strictly in the order of each")
    void shouldRunThePostsOfEightThreadsInOrderOnOneShard(EngineChoice engine) throws Exception {
        run(engine, 1);
    }

    private static void run(EngineChoice engine, int shards) throws Exception {
        Ledger ledger = new Ledger(shards);
        try (PortFixture fixture = new PortFixture(engine);
                // No spares: a worker that the system keeps from running for long must not be replaced by one more.
                CompletionPort port =
                        fixture.open(fixture.options().concurrency(shards).maxWorkers(shards), ledger::enter)) {
            load(port, ledger);
            assertThat(port.stats().handlerFailures()).isZero();
        }
    }

    @EachEngine
    @DisplayName(
            "posts of eight threads are taken by eight others, two at a time: none lost, none twice, FIFO per producer")
    void shouldLetEightThreadsTakeThePostsOfEightOthers(EngineChoice engine) throws Exception {
        int takers = 8;
        Ledger ledger = new Ledger(takers);
        List<Thread> threads = new ArrayList<>();
        Queue<Exception> failures = new ConcurrentLinkedQueue<>();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2))) {
            for (int i = 0; i < takers; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        while (true) {
                            ledger.enter(port.take());
                        }
                    } catch (ClosedPortException expected) {
                        return; // the end of the test
                    } catch (RuntimeException | InterruptedException failure) {
                        failures.add(failure);
                    }
                }));
            }
            load(port, ledger);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
