package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Needs;
import io.iocp.engine.RecordingSink;
import io.iocp.engine.RecordingSink.Completed;
import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop changes its holder: what the last one requested is completed, taken over, and never doubled or lost. */
@Needs("io_uring")
@Timeout(60)
class AdoptionTest {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int OLD = 3;
    private static final int NEW = 40;

    /** The kernel has no memory for requests. */
    private volatile boolean kernelTakesNothing;

    private final Libc libc = withoutMemory(((Linux.Available) Linux.open()).newLibc());
    private final RecordingSink sink = new RecordingSink();
    private final List<Socket> peers = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final List<Predecessor> predecessors = new ArrayList<>();
    private UringLoop loop;
    private Endpoint listener;

    /** The thread that holds the loop first. It does what it is told, and sleeps in between. */
    private final class Predecessor {
        private final SynchronousQueue<Runnable> work = new SynchronousQueue<>();
        private final AtomicBoolean over = new AtomicBoolean();
        final Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                while (!over.get()) {
                    work.take().run();
                }
            } catch (InterruptedException e) {
                return; // the test is over
            }
        });

        Predecessor() {
            predecessors.add(this);
        }

        void does(Runnable what) throws InterruptedException {
            CountDownLatch done = new CountDownLatch(1);
            work.put(() -> {
                what.run();
                done.countDown();
            });
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }

        /** From here on it computes, until the test is over. */
        void startsToCompute() throws InterruptedException {
            work.put(() -> {
                while (!over.get()) {
                    Thread.onSpinWait();
                }
            });
        }
    }

    private Libc withoutMemory(Libc real) {
        return (Libc) Proxy.newProxyInstance(
                Libc.class.getClassLoader(), new Class<?>[] {Libc.class}, (_, method, arguments) -> {
                    if (kernelTakesNothing && method.getName().equals("ioUringEnter")) {
                        return -Errno.EAGAIN;
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @BeforeEach
    void open() throws IOException {
        Ring ring = Ring.open(libc, 16, 64);
        loop = new UringLoop(
                libc,
                ring,
                libc.eventfd(0, Libc.EFD_CLOEXEC),
                8,
                ZeroCopy.WHERE_IT_MAY_PAY,
                Helpers.of(() -> libc),
                sink);
        listener = new UringEngine(UringFeatures.probe())
                .listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        ListenOptions.defaults().withReceiveBufferSize(64));
        endpoints.add(listener);
    }

    @AfterEach
    void close() throws IOException {
        for (Predecessor predecessor : predecessors) {
            predecessor.over.set(true);
            predecessor.thread.interrupt();
        }
        for (Socket peer : peers) {
            peer.close();
        }
        endpoints.forEach(loop::shutdown);
        endpoints.forEach(loop::closeDescriptor);
        loop.close();
    }

    private Endpoint accept() throws IOException {
        Socket peer = new Socket();
        peer.connect(listener.localAddress(), 10_000);
        peers.add(peer);
        Accept accept = new Accept(this);
        accept.begin(listener);
        loop.submit(accept);
        turnUntil(() -> !sink.completed.isEmpty());
        assertThat(sink.completed.remove().status()).isEqualTo(Status.OK);
        Endpoint accepted = Objects.requireNonNull(accept.accepted);
        endpoints.add(accepted);
        return accepted;
    }

    private <T extends Operation> T submit(T operation, Endpoint endpoint) {
        operation.begin(endpoint);
        loop.submit(operation);
        return operation;
    }

    private void turnUntil(BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begin).as("deadline").isLessThan(DEADLINE_NANOS);
            loop.turn(STEP_NANOS);
            sink.held.forEach(LeasedBuffer::release);
            sink.held.clear();
            for (LeasedBuffer buffer = sink.returned.poll(); buffer != null; buffer = sink.returned.poll()) {
                loop.recycle(buffer);
            }
        }
    }

    @Test
    void shouldTakeOverEverythingThatASleepingThreadHadRequested() throws Exception {
        Predecessor old = new Predecessor();
        List<Endpoint> connections = new ArrayList<>();
        List<ReceiveContinuously> continuous = new ArrayList<>();
        old.does(() -> {
            loop.hold(OLD);
            try {
                for (int i = 0; i < 100; i++) {
                    Endpoint connection = accept();
                    connections.add(connection);
                    if (i > 0) {
                        continuous.add(submit(new ReceiveContinuously(this), connection));
                    }
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            loop.turn(0);
        });
        Receive single = new Receive(this);
        old.does(() -> {
            submit(single, connections.getFirst());
            loop.turn(0);
        });
        assertThat(loop.held(OLD)).as("100 receives and the wake-up").isEqualTo(101);
        loop.hold(NEW);
        turnUntil(() -> loop.held(OLD) == 0);
        assertThat(loop.held(NEW)).isEqualTo(101);
        assertThat(sink.completed).as("nothing of it is seen above the loop").isEmpty();
        for (Socket peer : peers) {
            peer.getOutputStream().write(1);
        }
        turnUntil(() -> sink.received.size() == 99 && sink.completed.size() == 1);
        assertThat(sink.completed.remove()).isEqualTo(new Completed(single, Status.OK, 1, 0));
        loop.wakeup();
        assertThat(loop.turn(-1)).as("the new holder's own wake-up").isZero();
        continuous.forEach(loop::cancel);
        turnUntil(() -> sink.completed.size() == 99);
        assertThat(sink.completed).allMatch(c -> c.status() == Status.CANCELLED);
        assertThat(loop.held(NEW)).as("the wake-up").isEqualTo(1);
    }

    @Test
    void shouldTakeEverythingOverThoughTheKernelHadNoMemoryAtFirst() throws Exception {
        Predecessor old = new Predecessor();
        old.does(() -> {
            loop.hold(OLD);
            try {
                for (int i = 0; i < 40; i++) {
                    submit(new ReceiveContinuously(this), accept());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            loop.turn(0);
        });
        loop.hold(NEW);
        loop.adoptAll();
        kernelTakesNothing = true;
        loop.turn(0);
        loop.turn(0);
        assertThat(loop.held(OLD)).isEqualTo(41);
        kernelTakesNothing = false;
        turnUntil(() -> loop.held(OLD) == 0);
        assertThat(loop.held(NEW)).isEqualTo(41);
    }

    @Test
    void shouldNotWaitForAThreadThatComputes() throws Exception {
        Predecessor old = new Predecessor();
        Endpoint[] connections = new Endpoint[2];
        ReceiveContinuously going = new ReceiveContinuously(this);
        ReceiveContinuously cancelled = new ReceiveContinuously(this);
        old.does(() -> {
            loop.hold(OLD);
            try {
                connections[0] = accept();
                connections[1] = accept();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            submit(going, connections[0]);
            submit(cancelled, connections[1]);
            loop.turn(0);
        });
        old.startsToCompute();
        loop.hold(NEW);
        loop.adoptAll();
        loop.cancel(cancelled);
        turnUntil(() -> !sink.completed.isEmpty());
        assertThat(sink.completed.remove()).isEqualTo(new Completed(cancelled, Status.CANCELLED, 0, 0));
        peers.getFirst().getOutputStream().write(7);
        turnUntil(() -> sink.received.size() == 1);
        assertThat(sink.received.toByteArray()).containsExactly(7);
    }

    @Test
    void shouldCountWhatWasWrittenButNotSubmittedForTheNewHolder() throws Exception {
        Predecessor old = new Predecessor();
        Receive receive = new Receive(this);
        old.does(() -> {
            loop.hold(OLD);
            try {
                Endpoint connection = accept();
                assertThat(loop.held(OLD)).as("the wake-up").isEqualTo(1);
                submit(receive, connection);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        loop.hold(NEW);
        assertThat(loop.held(OLD)).as("the wake-up").isEqualTo(1);
        turnUntil(() -> loop.held(OLD) == 0);
        assertThat(loop.held(NEW)).as("the receive and the wake-up").isEqualTo(2);
        peers.getFirst().getOutputStream().write(9);
        turnUntil(() -> !sink.completed.isEmpty());
        assertThat(sink.completed.remove()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
    }

    @Test
    void shouldKeepTheOrderOfBytesOverManyHolders() throws Exception {
        Endpoint[] connection = new Endpoint[1];
        int holders = 60;
        for (int i = 0; i < 8; i++) {
            new Predecessor();
        }
        predecessors.getFirst().does(() -> {
            loop.hold(OLD);
            try {
                connection[0] = accept();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            submit(new ReceiveContinuously(this), connection[0]);
            loop.turn(0);
        });
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < 50 * holders; i++) {
                    byte[] bytes = new byte[i % 97 + 1];
                    Arrays.fill(bytes, (byte) i);
                    sent.write(bytes);
                    peers.getFirst().getOutputStream().write(bytes);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        for (int i = 1; i <= holders; i++) {
            int number = i;
            predecessors.get(i % 8).does(() -> {
                loop.hold(OLD + number);
                int before = sink.received.size();
                turnUntil(() -> sink.received.size() > before || !writer.isAlive());
            });
        }
        writer.join();
        predecessors.getFirst().does(() -> {
            loop.hold(0);
            turnUntil(() -> sink.received.size() == sent.size());
        });
        assertThat(sink.received.toByteArray()).isEqualTo(sent.toByteArray());
        assertThat(sink.completed).isEmpty();
    }
}
