package io.iocp.engine.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.Needs;
import io.iocp.engine.RecordingSink;
import io.iocp.engine.RecordingSink.Completed;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferPool;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Post;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only this engine can do wrong: a tiny ring, dead submitters, completions that nobody knows. */
@Needs("io_uring")
@Timeout(60)
class UringLoopTest {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Libc libc = ((Linux.Available) Linux.open()).newLibc();
    private final RecordingSink sink = new RecordingSink();
    private final ArrayDeque<Socket> peers = new ArrayDeque<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private Ring ring;
    private UringLoop loop;
    private Endpoint listener;

    @BeforeEach
    void open() throws IOException {
        openLoop(2);
        listener = new UringEngine(UringFeatures.probe())
                .listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        ListenOptions.defaults().withReceiveBufferSize(64));
        endpoints.add(listener);
    }

    private void openLoop(int receiveBuffers) throws IOException {
        ring = Ring.open(libc, 4, 16);
        int eventfd = libc.eventfd(0, Libc.EFD_CLOEXEC);
        loop = new UringLoop(libc, ring, eventfd, receiveBuffers, new ZeroCopy(1, true), Helpers.of(() -> libc), sink);
    }

    @AfterEach
    void close() throws IOException {
        for (Socket peer : peers) {
            peer.close();
        }
        endpoints.forEach(loop::shutdown);
        endpoints.forEach(loop::closeDescriptor);
        loop.close();
        loop.close();
        loop.wakeup();
    }

    private void connectPeer() throws IOException {
        Socket peer = new Socket();
        peer.connect(listener.localAddress(), 10_000);
        peer.setSoTimeout(10_000);
        peers.addLast(peer);
    }

    private Endpoint accept() throws IOException {
        connectPeer();
        Accept accept = new Accept(this);
        accept.begin(listener);
        loop.submit(accept);
        assertThat(next().status()).isEqualTo(Status.OK);
        Endpoint accepted = Objects.requireNonNull(accept.accepted);
        endpoints.add(accepted);
        return accepted;
    }

    private Receive receive(Endpoint connection) {
        Receive receive = new Receive(this);
        receive.begin(connection);
        loop.submit(receive);
        return receive;
    }

    private void turnUntil(BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - begin).as("deadline").isLessThan(DEADLINE_NANOS);
            loop.turn(STEP_NANOS);
        }
    }

    private Completed next() {
        turnUntil(() -> !sink.completed.isEmpty());
        return sink.completed.remove();
    }

    @Test
    void shouldLoseNothingWhenMoreIsSubmittedAndCompletesThanTheQueuesHold() throws IOException {
        int connections = 100;
        List<Receive> receives = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            receives.add(receive(accept()));
        }
        for (Socket peer : peers) {
            peer.getOutputStream().write(1);
        }
        int completed = 0;
        while (completed < connections) {
            Completed one = next();
            assertThat(one.status()).isEqualTo(Status.OK);
            assertThat(receives).contains((Receive) one.operation());
            LeasedBuffer lease = Objects.requireNonNull(((Receive) one.operation()).lease);
            lease.release();
            loop.recycle(Objects.requireNonNull(sink.returned.poll()));
            completed++;
        }
        assertThat(sink.completed).isEmpty();
    }

    @Test
    void shouldCancelAHundredReceivesThroughAFullSubmissionQueue() throws IOException {
        List<Receive> receives = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            receives.add(receive(accept()));
        }
        receives.forEach(loop::cancel);
        turnUntil(() -> sink.completed.size() == 100);
        assertThat(sink.completed).allMatch(c -> c.equals(new Completed(c.operation(), Status.CANCELLED, 0, 0)));
        assertThat(sink.completed.stream().map(Completed::operation)).containsExactlyInAnyOrderElementsOf(receives);
    }

    @Test
    void shouldCancelAReceiveThatWaitsForABuffer() throws IOException {
        List<LeasedBuffer> taken = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Receive receive = receive(accept());
            peers.getLast().getOutputStream().write(1);
            assertThat(next().operation()).isSameAs(receive);
            taken.add(Objects.requireNonNull(receive.lease));
        }
        Endpoint connection = accept();
        Receive waiting = receive(connection);
        peers.getLast().getOutputStream().write(7);
        loop.turn(STEP_NANOS);
        loop.turn(STEP_NANOS);
        loop.cancel(waiting);
        assertThat(sink.completed).as("nothing completes within cancel").isEmpty();
        assertThat(next()).isEqualTo(new Completed(waiting, Status.CANCELLED, 0, 0));
        taken.forEach(LeasedBuffer::release);
        sink.returned.forEach(loop::recycle);
        Receive again = receive(connection);
        assertThat(next()).isEqualTo(new Completed(again, Status.OK, 1, 0));
        assertThat(Objects.requireNonNull(again.lease).data().get()).isEqualTo((byte) 7);
    }

    private ReceiveContinuously receiveContinuously() throws IOException {
        ReceiveContinuously receive = new ReceiveContinuously(this);
        receive.begin(accept());
        loop.submit(receive);
        return receive;
    }

    /** Keeps both buffers of the ring, and lets a third receive find none. */
    private List<ReceiveContinuously> crowd() throws IOException {
        List<ReceiveContinuously> receives = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            receives.add(receiveContinuously());
            peers.getLast().getOutputStream().write(i);
            int expected = Math.min(i, 2);
            turnUntil(() -> sink.received.size() == expected);
        }
        loop.turn(0);
        loop.turn(0);
        assertThat(sink.received.size()).isEqualTo(2);
        return receives;
    }

    private void recycleOne() {
        sink.held.removeFirst().release();
        loop.recycle(Objects.requireNonNull(sink.returned.poll()));
    }

    @Test
    void shouldReceiveInTurnWhileBuffersAreScarceAndContinuouslyAfterwards() throws IOException {
        List<ReceiveContinuously> receives = crowd();
        ReceiveContinuously last = receives.getLast();
        recycleOne();
        turnUntil(() -> sink.received.size() == 3);
        recycleOne();
        recycleOne();
        loop.turn(0);
        loop.turn(0);
        long tag = last.engineTag;
        for (int i = 4; i < 20; i++) {
            peers.getLast().getOutputStream().write(i);
            int expected = i;
            turnUntil(() -> sink.received.size() == expected);
            recycleOne();
        }
        assertThat(last.engineTag).as("one request of the kernel for all").isEqualTo(tag);
        assertThat(sink.received.toByteArray()).startsWith(1, 2, 3, 4).endsWith(19);
    }

    @Test
    void shouldLetAReceiveWaitBehindThoseThatWaitForABuffer() throws IOException {
        Endpoint connection = accept();
        peers.getLast().getOutputStream().write(4);
        crowd();
        recycleOne();
        Receive behind = receive(connection);
        turnUntil(() -> sink.received.size() == 3);
        assertThat(sink.completed).isEmpty();
        recycleOne();
        assertThat(next()).isEqualTo(new Completed(behind, Status.OK, 1, 0));
    }

    @Test
    void shouldSendWhoHasReceivedToTheEndOfTheQueue() throws IOException {
        List<Endpoint> connections = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            connections.add(accept());
            byte[] flood = new byte[64 * 20];
            Arrays.fill(flood, (byte) i);
            peers.getLast().getOutputStream().write(flood);
        }
        for (Endpoint connection : connections) {
            ReceiveContinuously receive = new ReceiveContinuously(this);
            receive.begin(connection);
            loop.submit(receive);
        }
        List<Byte> order = new ArrayList<>();
        long begin = System.nanoTime();
        while (order.size() < 24) {
            assertThat(System.nanoTime() - begin).as("deadline").isLessThan(DEADLINE_NANOS);
            loop.turn(0); // not idle: nobody is helped out with a buffer beside the ring's
            if (!sink.held.isEmpty()) {
                order.add(sink.held.getFirst().data().get(0));
                recycleOne();
            }
        }
        assertThat(order.subList(4, 24)).as("each in its turn").satisfies(turns -> {
            for (byte i = 1; i <= 4; i++) {
                assertThat(Collections.frequency(turns, i)).as("of " + i).isEqualTo(5);
            }
        });
    }

    @Test
    void shouldKeepASingleReceiveInTheQueueWhileOthersAreHelpedOut() throws IOException {
        Endpoint connection = accept();
        peers.getLast().getOutputStream().write(4);
        crowd();
        Receive behind = receive(connection);
        turnUntil(() -> sink.received.size() == 3); // in a buffer beside the ring's
        loop.turn(STEP_NANOS);
        loop.turn(STEP_NANOS);
        assertThat(sink.completed).isEmpty();
        recycleOne();
        assertThat(next()).isEqualTo(new Completed(behind, Status.OK, 1, 0));
    }

    @Test
    void shouldCancelWhatWaitsBehindOthersForABuffer() throws IOException {
        Endpoint connection = accept();
        crowd();
        Receive behind = receive(connection);
        loop.cancel(behind);
        assertThat(next()).isEqualTo(new Completed(behind, Status.CANCELLED, 0, 0));
    }

    @Test
    void shouldGoOnReceivingInTurnWhenTheSinkHasFailed() throws IOException {
        crowd();
        Receive behind = receive(accept()); // so that it stays crowded
        recycleOne();
        sink.onReceived = () -> {
            throw new IllegalStateException("injected");
        };
        assertThatThrownBy(() -> turnUntil(() -> false)).hasMessage("injected");
        sink.onReceived = () -> {};
        Iterator<Socket> peer = peers.iterator();
        peer.next();
        peer.next();
        peer.next().getOutputStream().write(4);
        recycleOne();
        turnUntil(() -> {
            if (!sink.held.isEmpty()) {
                recycleOne();
            }
            return sink.received.size() == 4;
        });
        assertThat(sink.received.toByteArray()).containsExactly(1, 2, 3, 4);
        loop.cancel(behind);
        assertThat(next().status()).isEqualTo(Status.CANCELLED);
    }

    @Test
    void shouldPollForWhoWaitsBeforeItSleepsOverWhatWasJustSubmitted() throws IOException {
        Endpoint connection = accept();
        crowd(); // nobody gives a buffer back
        Receive silent = new Receive(this);
        silent.begin(connection);
        silent.into(MemorySegment.ofBuffer(ByteBuffer.allocateDirect(8)));
        loop.submit(silent);
        long begin = System.nanoTime();
        for (int turn = 0; turn < 5 && sink.received.size() < 3; turn++) {
            loop.turn(TimeUnit.SECONDS.toNanos(5));
        }
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(4));
        assertThat(sink.received.toByteArray()).containsExactly(1, 2, 3);
    }

    @Test
    void shouldHaveAllBuffersAgainAfterACrowd() throws IOException {
        int buffers = 128;
        byte[] all = new byte[buffers * 64];
        loop.close();
        openLoop(buffers);
        receiveContinuously();
        peers.getLast().getOutputStream().write(all);
        turnUntil(() -> sink.received.size() == all.length);
        for (int i = 0; i < 2; i++) { // the second waits behind the first while the buffers come back
            receiveContinuously();
            peers.getLast().getOutputStream().write(1);
            loop.turn(0);
        }
        for (int i = 0; i < buffers; i++) {
            recycleOne();
        }
        turnUntil(() -> sink.received.size() == all.length + 2);
        while (!sink.held.isEmpty()) {
            recycleOne();
        }
        sink.received.reset();
        peers.getFirst().getOutputStream().write(all);
        turnUntil(() -> sink.received.size() == all.length);
    }

    @Test
    void shouldServeWhoWaitsForABufferWhenTheHolderHasChanged() throws IOException {
        loop.hold(0);
        crowd();
        loop.hold(1);
        recycleOne();
        turnUntil(() -> sink.received.size() == 3);
        int sent = 4;
        for (Socket peer : peers) {
            peer.getOutputStream().write(sent++);
        }
        turnUntil(() -> {
            if (!sink.held.isEmpty()) {
                recycleOne();
            }
            return sink.received.size() == 6;
        });
        assertThat(sink.received.toByteArray()).startsWith(1, 2, 3).contains(4, 5, 6);
    }

    @Test
    void shouldGoOnReceivingBesideTheRingWhenTheSinkHasFailed() throws IOException {
        crowd(); // nobody gives a buffer back
        sink.onReceived = () -> {
            throw new IllegalStateException("injected");
        };
        assertThatThrownBy(() -> turnUntil(() -> false)).hasMessage("injected");
        sink.onReceived = () -> {};
        peers.getLast().getOutputStream().write(4);
        turnUntil(() -> sink.received.size() == 4);
        assertThat(sink.received.toByteArray()).containsExactly(1, 2, 3, 4);
    }

    @Test
    void shouldGoOnAcceptingWhenTheSinkHasFailed() throws IOException {
        Accept accept = new Accept(this);
        accept.continuous = true;
        accept.begin(listener);
        loop.submit(accept);
        loop.turn(0);
        int backlog = 40; // more than the completion queue holds, at which the kernel ends a continuous accept
        for (int i = 0; i < backlog; i++) {
            connectPeer();
        }
        sink.onAccepted = () -> {
            throw new IllegalStateException("injected");
        };
        long begin = System.nanoTime();
        while (sink.accepted.size() < backlog) {
            assertThat(System.nanoTime() - begin).as("deadline").isLessThan(DEADLINE_NANOS);
            try {
                loop.turn(STEP_NANOS);
            } catch (IllegalStateException injected) {
                assertThat(injected).hasMessage("injected");
            }
        }
        sink.onAccepted = () -> {};
        connectPeer();
        turnUntil(() -> sink.accepted.size() == backlog + 1);
        endpoints.addAll(sink.accepted);
        loop.cancel(accept);
        assertThat(next().status()).isEqualTo(Status.CANCELLED);
    }

    @Test
    void shouldSubmitAgainWhenTheThreadThatSubmittedHasDied() throws Exception {
        Endpoint connection = accept();
        Receive[] receive = new Receive[1];
        Thread mortal = Thread.ofPlatform().start(() -> {
            receive[0] = receive(connection);
            loop.turn(0);
        });
        mortal.join();
        peers.getLast().getOutputStream().write(5);
        assertThat(next()).isEqualTo(new Completed(receive[0], Status.OK, 1, 0));
    }

    @Test
    void shouldStillWakeUpWhenTheThreadThatArmedTheWakeUpHasDied() throws Exception {
        Thread mortal = Thread.ofPlatform().start(() -> loop.turn(0));
        mortal.join();
        for (int i = 0; i < 3; i++) {
            loop.wakeup();
            assertThat(loop.turn(-1)).isZero();
        }
    }

    @Test
    void shouldDropAndCountACompletionOfAnOldGeneration() throws IOException {
        Endpoint connection = accept();
        Receive receive = receive(connection);
        long slot = UserData.slot(receive.engineTag);
        SqeEncoder.nop(ring.submissions().next(), UserData.of((int) slot, UserData.generation(receive.engineTag) - 1));
        SqeEncoder.nop(ring.submissions().next(), UserData.of(9999, 1));
        turnUntil(() -> sink.stale == 2);
        assertThat(sink.completed).isEmpty();
        peers.getLast().getOutputStream().write(5);
        assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
    }

    @Test
    void shouldGoOnBehindACompletionThatItsSinkFailedOn() throws IOException {
        ReceiveContinuously first = new ReceiveContinuously(this);
        first.begin(accept());
        loop.submit(first);
        Receive second = receive(accept());
        sink.onReceived = () -> {
            throw new IllegalStateException("injected");
        };
        loop.turn(0);
        peers.getFirst().getOutputStream().write(1);
        assertThatThrownBy(() -> turnUntil(() -> false)).hasMessage("injected");
        sink.onReceived = () -> {};
        peers.getLast().getOutputStream().write(2);
        assertThat(next()).isEqualTo(new Completed(second, Status.OK, 1, 0));
        peers.getFirst().getOutputStream().write(3);
        sink.held.removeFirst().release();
        sink.returned.forEach(loop::recycle);
        turnUntil(() -> sink.received.size() == 2);
        assertThat(sink.received.toByteArray()).containsExactly(1, 3);
    }

    @Test
    void shouldKeepTheBufferOfAZeroCopySendUntilTheKernelHasReadIt() throws IOException {
        Endpoint connection = accept();
        Send send = new Send(this);
        BufferPool pool = new BufferPool();
        for (int i = 0; i < 3; i++) {
            LeasedBuffer data = pool.lease(32 * 1024);
            data.length(32 * 1024);
            data.segment().fill((byte) i);
            data.pin();
            BufferRelease release = new BufferRelease(this, data, () -> {});
            send.begin(connection);
            send.one(data, release);
            loop.submit(send);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 32 * 1024, 0));
            assertThat(send.takeRelease()).isSameAs(release);
            assertThat(release.letGo()).as("the kernel holds it too").isFalse();
            assertThat(peers.getLast().getInputStream().readNBytes(32 * 1024)).containsOnly(i);
            turnUntil(() -> !sink.returnedBuffers.isEmpty());
            assertThat(sink.returnedBuffers.remove()).isSameAs(release);
            assertThat(release.letGo()).isTrue();
            send.complete();
            send.deliver();
        }
        assertThat(pool.allocatedBytes()).isEqualTo(32 * 1024);
    }

    @Test
    void shouldSendWithACopyWhatCannotBeSentWithoutOne() throws IOException {
        // A socket of a family that has no such sends: the kernel says so, and nobody else has to know.
        Path path = Files.createTempDirectory("iocp").resolve("socket");
        UringEngine engine = new UringEngine(UringFeatures.probe());
        Endpoint unix = engine.listen(UnixDomainSocketAddress.of(path), ListenOptions.defaults());
        endpoints.add(unix);
        try (SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            Accept accept = new Accept(this);
            accept.begin(unix);
            loop.submit(accept);
            assertThat(next().status()).isEqualTo(Status.OK);
            UringEndpoint accepted = (UringEndpoint) Objects.requireNonNull(accept.accepted);
            // Dressed up as one of the network, to have it tried.
            UringEndpoint connection = new UringEndpoint(
                    accepted.takeFd(),
                    Endpoint.Kind.CONNECTION,
                    ConnectionOptions.defaults().withReceiveBufferSize(64),
                    listener.localAddress(),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
            endpoints.add(connection);
            Send send = new Send(this);
            LeasedBuffer data = new BufferPool().lease(1000);
            data.length(1000);
            data.pin();
            BufferRelease release = new BufferRelease(this, data, () -> {});
            send.begin(connection);
            send.one(data, release);
            loop.submit(send);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 1000, 0));
            ByteBuffer read = ByteBuffer.allocate(1000);
            while (read.hasRemaining()) {
                peer.read(read);
            }
            if (!release.letGo()) {
                turnUntil(() -> !sink.returnedBuffers.isEmpty());
                assertThat(release.letGo()).isTrue();
            }
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void shouldRefuseAnOperationThatNeedsNoEngine() {
        Post post = new Post(this);
        post.begin(null);
        assertThatThrownBy(() -> loop.submit(post)).isInstanceOf(IllegalArgumentException.class);
    }
}
