package io.iocp.benchmarks.posts;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.OverlappedIO;
import io.iocp.PortOptions;
import io.iocp.operation.Status;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A way from threads that post to {@value #WORKERS} workers that run what was posted. */
sealed interface Postbox extends AutoCloseable {
    int WORKERS = 2;

    void post(Ticket ticket);

    /** Ends its workers when everything that was posted has run. */
    @Override
    void close();

    /** The candidates, by what stands in the tables. */
    enum Kind {
        PORT("port, io_uring", "CompletionPort.post of the same OverlappedIO again and again"),
        PORT_NIO("port, nio", "the same on the NIO engine"),
        THREAD_POOL("ThreadPoolExecutor", "execute, " + WORKERS + " threads and a LinkedBlockingQueue"),
        FORK_JOIN("ForkJoinPool", "execute, parallelism " + WORKERS + ", asyncMode"),
        TRANSFER_QUEUE("LinkedTransferQueue", "add; " + WORKERS + " threads that take");

        final String title;
        final String description;

        Kind(String title, String description) {
            this.title = title;
            this.description = description;
        }

        Postbox open() throws IOException {
            return switch (this) {
                case PORT -> new OfPort(EngineChoice.IO_URING);
                case PORT_NIO -> new OfPort(EngineChoice.NIO);
                case THREAD_POOL ->
                    new OfExecutor(
                            new ThreadPoolExecutor(WORKERS, WORKERS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>()));
                case FORK_JOIN ->
                    new OfExecutor(
                            new ForkJoinPool(WORKERS, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, true));
                case TRANSFER_QUEUE -> new OfQueue();
            };
        }
    }

    /** A completion port with its own workers. */
    final class OfPort implements Postbox {
        private static final Object KEY = "posts";

        private final CompletionPort port;

        OfPort(EngineChoice engine) throws IOException {
            port = CompletionPort.open(
                    PortOptions.defaults().engine(engine).concurrency(WORKERS),
                    packet -> ticketOf(packet).run());
        }

        private static Ticket ticketOf(OverlappedIO packet) {
            return (Ticket) Objects.requireNonNull(packet.attachment());
        }

        @Override
        public void post(Ticket ticket) {
            port.post(ticket.packet, KEY, 0, Status.OK);
        }

        @Override
        public void close() {
            port.close();
        }
    }

    /** An executor of the JDK. */
    final class OfExecutor implements Postbox {
        private final ExecutorService executor;

        OfExecutor(ExecutorService executor) {
            this.executor = executor;
        }

        @Override
        public void post(Ticket ticket) {
            executor.execute(ticket);
        }

        @Override
        public void close() {
            executor.close();
        }
    }

    /** Threads that take from a queue of the JDK. */
    final class OfQueue implements Postbox {
        private final LinkedTransferQueue<Ticket> queue = new LinkedTransferQueue<>();
        private final Ticket end = new Ticket(Thread.currentThread());
        private final Thread[] workers = new Thread[WORKERS];

        OfQueue() {
            for (int i = 0; i < WORKERS; i++) {
                workers[i] = Thread.ofPlatform().name("taker-", i).daemon().start(this::work);
            }
        }

        private void work() {
            try {
                for (Ticket next = queue.take(); !next.equals(end); next = queue.take()) {
                    next.run();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a taker", e);
            }
        }

        @Override
        public void post(Ticket ticket) {
            queue.add(ticket);
        }

        @Override
        public void close() {
            for (int i = 0; i < WORKERS; i++) {
                queue.add(end);
            }
            for (Thread worker : workers) {
                boolean interrupted = false;
                while (worker.isAlive()) {
                    try {
                        worker.join();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
