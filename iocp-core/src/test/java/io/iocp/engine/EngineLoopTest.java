package io.iocp.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.NeedsCondition;
import io.iocp.Peer;
import io.iocp.engine.RecordingSink.Completed;
import io.iocp.engine.nio.NioEngine;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedEngine;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.uring.UringEngine;
import io.iocp.engine.uring.UringFeatures;
import io.iocp.operation.Accept;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@link EngineLoop}, on each engine. Steps a loop by hand: every turn is the test's own. */
@ParameterizedClass
@ValueSource(strings = {"nio", "io_uring", "simulated"})
@Timeout(60)
class EngineLoopTest {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final SimulatedNetwork network = SimulatedNetwork.of(Faults.none());
    private final Engine engine;
    private final RecordingSink sink = new RecordingSink();
    private final ExecutorService peers = Executors.newVirtualThreadPerTaskExecutor();
    private EngineLoop loop;
    private Endpoint listener;

    EngineLoopTest(String engineName) throws IOException {
        switch (engineName) {
            case "io_uring" -> {
                NeedsCondition.require(engineName);
                engine = new UringEngine(UringFeatures.probe());
            }
            case "nio" -> engine = new NioEngine();
            default -> engine = new SimulatedEngine(network);
        }
        assertThat(engine.capabilities().name()).isEqualTo(engineName);
    }

    @BeforeEach
    void open() throws IOException {
        loop = engine.openLoop(new LoopOptions(256, 1024, 2), sink);
        listener = listen(4096);
    }

    @AfterEach
    void close() {
        loop.shutdown(listener);
        loop.closeDescriptor(listener);
        loop.close();
        peers.close();
    }

    private Endpoint listen(int receiveBufferSize) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return engine.listen(any, ListenOptions.defaults().withReceiveBufferSize(receiveBufferSize));
    }

    private Peer connect() throws IOException {
        return connect(listener.localAddress());
    }

    private Peer connect(SocketAddress address) throws IOException {
        if (!engine.capabilities().sockets()) {
            return Peer.of(network.connect(address));
        }
        Socket peer = new Socket();
        peer.connect(address, 10_000);
        peer.setSoTimeout(10_000);
        return Peer.of(peer);
    }

    private Endpoint accept() {
        Accept accept = begin(new Accept(this), listener);
        loop.submit(accept);
        assertThat(next()).isEqualTo(new Completed(accept, Status.OK, 0, 0));
        return Objects.requireNonNull(accept.accepted);
    }

    private <O extends Operation> O begin(O operation, Endpoint endpoint) {
        operation.begin(endpoint);
        return operation;
    }

    private Receive receive(Endpoint socket) {
        Receive receive = begin(new Receive(this), socket);
        loop.submit(receive);
        return receive;
    }

    private ReceiveContinuously receiveContinuously(Endpoint socket) {
        ReceiveContinuously receive = begin(new ReceiveContinuously(this), socket);
        loop.submit(receive);
        return receive;
    }

    private Send send(Endpoint socket, MemorySegment... pieces) {
        Send send = begin(new Send(this), socket);
        send.several(pieces);
        loop.submit(send);
        return send;
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

    private static MemorySegment segment(byte[] bytes) {
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length);
        return memory.copyFrom(MemorySegment.ofArray(bytes));
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private void releaseHeld() {
        sink.held.forEach(LeasedBuffer::release);
        sink.held.clear();
        recycleReturned();
    }

    private void recycleReturned() {
        for (LeasedBuffer b = sink.returned.poll(); b != null; b = sink.returned.poll()) {
            loop.recycle(b);
        }
    }

    @Test
    void shouldEchoThroughABufferOfItsOwn() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Receive receive = receive(socket);
            assertThat(loop.turn(0)).isZero();
            assertThat(receive.lease).isNull();
            peer.output().write(new byte[] {1, 2, 3});
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 3, 0));
            LeasedBuffer lease = Objects.requireNonNull(receive.lease);
            assertThat(lease.length()).isEqualTo(3);
            Send send = send(socket, lease.segment().asSlice(0, 3));
            assertThat(sink.completed).as("nothing completes within submit").isEmpty();
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 3, 0));
            assertThat(peer.input().readNBytes(3)).containsExactly(1, 2, 3);
            lease.release();
            assertThat(sink.returned).containsExactly(lease);
        }
    }

    @Test
    void shouldKnowTheAddressesOfAnAcceptedConnection() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            assertThat(socket.localAddress()).isEqualTo(peer.remoteAddress());
            assertThat(socket.remoteAddress()).isEqualTo(peer.localAddress());
            assertThat(socket.receiveBufferSize).isEqualTo(4096);
        }
    }

    @Test
    void shouldAcceptInTheOrderOfConnecting() throws IOException {
        Accept accept = new Accept(this);
        accept.continuous = true;
        loop.submit(begin(accept, listener));
        try (Peer a = connect();
                Peer b = connect();
                Peer c = connect()) {
            turnUntil(() -> sink.accepted.size() == 3);
            assertThat(sink.accepted)
                    .extracting(Endpoint::remoteAddress)
                    .containsExactly(a.localAddress(), b.localAddress(), c.localAddress());
        }
        loop.cancel(accept);
        assertThat(next()).isEqualTo(new Completed(accept, Status.CANCELLED, 0, 0));
    }

    @Test
    void shouldKeepOrderWithTwoBuffersAndAMegabyte() throws IOException {
        byte[] all = random(1 << 20);
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            ReceiveContinuously receive = receiveContinuously(socket);
            CompletableFuture<Void> writing = CompletableFuture.runAsync(
                    () -> {
                        try {
                            peer.output().write(all);
                            peer.shutdownOutput();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    },
                    peers);
            while (sink.completed.isEmpty()) {
                loop.turn(STEP_NANOS);
                assertThat(sink.held).hasSizeLessThanOrEqualTo(2);
                releaseHeld();
            }
            assertThat(sink.completed.remove()).isEqualTo(new Completed(receive, Status.EOF, 0, 0));
            assertThat(sink.received.toByteArray()).isEqualTo(all);
            writing.join();
            assertThat(loop.receiveMemoryBytes()).isEqualTo(2 * 4096);
        }
    }

    @Test
    void shouldServeAWaitingConnectionOnceABufferComesBack() throws IOException {
        try (Peer peer = connect();
                Peer other = connect()) {
            Endpoint socket = accept();
            Endpoint second = accept();
            receiveContinuously(socket);
            peer.output().write(new byte[3 * 4096]);
            turnUntil(() -> sink.held.size() == 2);
            Receive waiting = receive(second);
            other.output().write(7);
            loop.turn(STEP_NANOS);
            loop.turn(STEP_NANOS);
            assertThat(sink.completed).as("no buffer is free").isEmpty();
            sink.held.removeFirst().release();
            recycleReturned();
            // The first connection is ahead in the line; it may take this one.
            turnUntil(() -> sink.held.size() == 2 || !sink.completed.isEmpty());
            releaseHeld();
            assertThat(next()).isEqualTo(new Completed(waiting, Status.OK, 1, 0));
        }
    }

    @Test
    void shouldReceiveIntoTheCallersMemory() throws IOException {
        try (Peer peer = connect();
                Arena arena = Arena.ofShared()) {
            Endpoint socket = accept();
            Receive receive = new Receive(this);
            receive.memory = arena.allocate(2);
            loop.submit(begin(receive, socket));
            peer.output().write(new byte[] {5, 6, 7});
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 2, 0));
            assertThat(receive.memory.toArray(ValueLayout.JAVA_BYTE)).containsExactly(5, 6);
            loop.submit(receive);
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
            assertThat(receive.memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
        }
    }

    @Test
    void shouldReportTheEndOfTheStreamAgainAndAgain() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            peer.shutdownOutput();
            for (int i = 0; i < 3; i++) {
                Receive receive = receive(socket);
                assertThat(next()).isEqualTo(new Completed(receive, Status.EOF, 0, 0));
            }
            assertThat(loop.turn(STEP_NANOS)).as("and the selector is quiet").isZero();
        }
    }

    @Test
    void shouldReportAReset() throws IOException {
        Peer peer = connect();
        Endpoint socket = accept();
        Receive receive = receive(socket);
        peer.reset();
        assertThat(next()).isEqualTo(new Completed(receive, Status.RESET, 0, 104));
        Send send = send(socket, segment(random(10)));
        assertThat(next()).isEqualTo(new Completed(send, Status.RESET, 0, 32));
    }

    @Test
    void shouldSendAllToASlowReader() throws Exception {
        byte[] all = random(6 << 20);
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Send send = send(socket, segment(all));
            loop.turn(0);
            assertThat(sink.completed).as("more than the kernel takes at once").isEmpty();
            CompletableFuture<byte[]> reading = read(peer, all.length);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, all.length, 0));
            assertThat(reading.get(20, TimeUnit.SECONDS)).isEqualTo(all);
            assertThat(loop.turn(STEP_NANOS)).isZero();
        }
    }

    @Test
    void shouldGatherMorePiecesThanOneWriteTakes() throws Exception {
        byte[] all = random(3000 * 700);
        MemorySegment memory = segment(all);
        MemorySegment[] pieces = new MemorySegment[3001];
        for (int i = 0; i < 3000; i++) {
            pieces[i] = memory.asSlice(i * 700L, 700);
        }
        pieces[3000] = MemorySegment.NULL;
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Send send = send(socket, pieces);
            CompletableFuture<byte[]> reading = read(peer, all.length);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, all.length, 0));
            assertThat(reading.get(20, TimeUnit.SECONDS)).isEqualTo(all);
        }
    }

    private CompletableFuture<byte[]> read(Peer peer, int length) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return peer.input().readNBytes(length);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                },
                peers);
    }

    @Test
    void shouldCompleteAnEmptySend() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Send send = send(socket, MemorySegment.NULL, MemorySegment.NULL);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 0, 0));
            send = send(socket);
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 0, 0));
            assertThat(peer.input().available()).isZero();
        }
    }

    @Test
    void shouldTryAReceiveWithoutWaiting() throws IOException {
        try (Peer peer = connect();
                Arena arena = Arena.ofShared()) {
            Endpoint socket = accept();
            Receive own = begin(new Receive(this), socket);
            MemorySegment memory = arena.allocate(3);
            own.into(memory);
            assertThat(loop.attempt(own)).as("nothing is there").isNull();
            peer.output().write("abcdef".getBytes(ISO_8859_1));
            awaitAttempt(own);
            assertThat(own.bytes).isEqualTo(3);
            assertThat(memory.asByteBuffer().get(2)).isEqualTo((byte) 'c');

            // Into the engine's buffer: through the kernel first, so that the engine has its buffers.
            Receive submitted = receive(socket);
            assertThat(next()).isEqualTo(new Completed(submitted, Status.OK, 3, 0));
            LeasedBuffer first = Objects.requireNonNull(submitted.lease);
            peer.output().write("ghi".getBytes(ISO_8859_1));
            Receive second = begin(new Receive(this), socket);
            awaitAttempt(second);
            LeasedBuffer lease = Objects.requireNonNull(second.lease);
            assertThat(second.bytes).isEqualTo(3);
            assertThat(ISO_8859_1.decode(lease.data()).toString()).isEqualTo("ghi");
            assertThat(lease).isNotSameAs(first);
            lease.release();
            assertThat(sink.returned).containsExactly(lease);
            loop.recycle(lease);
            loop.recycle(first);

            peer.shutdownOutput();
            Receive third = begin(new Receive(this), socket);
            assertThat(awaitAttempt(third)).isEqualTo(Status.EOF);
            assertThat(sink.completed).as("an attempt reports nothing").isEmpty();
            close(socket);
        }
    }

    @Test
    void shouldReportAResetThatAnAttemptFinds() throws IOException {
        Peer peer = connect();
        try (Arena arena = Arena.ofShared()) {
            Endpoint socket = accept();
            peer.reset();
            Receive receive = begin(new Receive(this), socket);
            receive.into(arena.allocate(3));
            assertThat(awaitAttempt(receive)).isEqualTo(Status.RESET);
            assertThat(receive.bytes).isZero();
            close(socket);
        }
    }

    @Test
    void shouldGoOnWithASendThatWasTriedInPart() throws Exception {
        try (Peer peer = connect();
                Arena arena = Arena.ofShared()) {
            Endpoint socket = accept();
            MemorySegment small = arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 'x', (byte) 'y');
            Send whole = begin(new Send(this), socket);
            whole.one(small);
            assertThat(loop.attempt(whole)).isEqualTo(Status.OK);
            assertThat(whole.bytes).isEqualTo(2);
            assertThat(peer.input().readNBytes(2)).containsExactly('x', 'y');

            byte[] bytes = new byte[8 << 20];
            new Random(1).nextBytes(bytes);
            Send big = begin(new Send(this), socket);
            big.one(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
            assertThat(loop.attempt(big)).as("more than the socket takes").isNull();
            long sent = big.bytes;
            assertThat(sent).isPositive().isLessThan(bytes.length);
            loop.submit(big);
            var read = CompletableFuture.supplyAsync(() -> readAll(peer, bytes.length), peers);
            turnUntil(() -> !sink.completed.isEmpty());
            assertThat(sink.completed).containsExactly(new Completed(big, Status.OK, bytes.length, 0));
            assertThat(Arrays.equals(read.get(20, TimeUnit.SECONDS), bytes)).isTrue();

            sink.completed.clear();
            loop.shutdownOutput(socket);
            assertThat(peer.input().read()).as("end of the stream").isEqualTo(-1);
            close(socket);
        }
    }

    private static byte[] readAll(Peer peer, int count) {
        try {
            return peer.input().readNBytes(count);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void close(Endpoint socket) {
        loop.shutdown(socket);
        loop.closeDescriptor(socket);
    }

    private Status awaitAttempt(Operation operation) {
        long begin = System.nanoTime();
        while (true) {
            Status status = loop.attempt(operation);
            if (status != null) {
                return status;
            }
            assertThat(System.nanoTime() - begin).as("deadline").isLessThan(DEADLINE_NANOS);
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldCancelASendWithItsPartialCount() throws IOException {
        byte[] all = random(16 << 20);
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Send send = send(socket, segment(all));
            loop.turn(0);
            loop.cancel(send);
            assertThat(sink.completed).as("nothing completes within cancel").isEmpty();
            Completed completed = next();
            assertThat(completed.status()).isEqualTo(Status.CANCELLED);
            assertThat(completed.bytes()).isPositive().isLessThan(all.length);
            loop.shutdown(socket);
            assertThat(peer.input().readAllBytes()).isEqualTo(Arrays.copyOf(all, Math.toIntExact(completed.bytes())));
        }
    }

    @Test
    void shouldLeaveTheBytesToTheNextReceiveWhenCancelled() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            for (int i = 0; i < 500; i++) {
                Receive receive = receive(socket);
                if (i % 3 == 0) {
                    loop.turn(0);
                }
                peer.output().write(i);
                if (i % 2 == 0) {
                    loop.turn(0);
                }
                loop.cancel(receive);
                loop.cancel(receive);
                Completed completed = next();
                assertThat(sink.completed).isEmpty();
                if (completed.status() == Status.CANCELLED) {
                    receive = receive(socket);
                    completed = next();
                }
                assertThat(completed).isEqualTo(new Completed(receive, Status.OK, 1, 0));
                LeasedBuffer lease = Objects.requireNonNull(receive.lease);
                assertThat(lease.data().get()).isEqualTo((byte) i);
                lease.release();
                recycleReturned();
            }
        }
    }

    @Test
    void shouldStopReadingOnceCancelledFromWithinAReport() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            ReceiveContinuously receive = receiveContinuously(socket);
            sink.onReceived = () -> loop.cancel(receive);
            peer.output().write(random(3 * 4096));
            assertThat(next()).isEqualTo(new Completed(receive, Status.CANCELLED, 0, 0));
            // What the kernel had filled by then still arrives, in order.
            assertThat(sink.held).hasSizeBetween(1, 2);
            sink.onReceived = () -> {};
            ReceiveContinuously again = receiveContinuously(socket);
            while (sink.received.size() < 3 * 4096) {
                loop.turn(STEP_NANOS);
                releaseHeld();
            }
            assertThat(sink.received.toByteArray()).isEqualTo(random(3 * 4096));
            loop.cancel(again);
            assertThat(next()).isEqualTo(new Completed(again, Status.CANCELLED, 0, 0));
        }
    }

    @Test
    void shouldIgnoreACancelOfWhatItDoesNotHave() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            loop.cancel(begin(new Receive(this), socket));
            assertThat(loop.turn(0)).isZero();
            assertThat(peer.input().available()).isZero();
        }
    }

    @Test
    void shouldRefuseAtOnceAfterTheListenerIsShutDown() throws IOException {
        Accept accept = begin(new Accept(this), listener);
        loop.submit(accept);
        assertThat(loop.turn(0)).isZero();
        loop.cancel(accept);
        loop.shutdown(listener);
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        assertThat(next()).isEqualTo(new Completed(accept, Status.CANCELLED, 0, 0));
        assertThat(loop.turn(0)).isZero();
    }

    @Test
    void shouldEndTheStreamAtOnceWhenShutDown() throws IOException {
        try (Peer peer = connect()) {
            Endpoint socket = accept();
            Receive receive = receive(socket);
            assertThat(loop.turn(0)).isZero();
            loop.shutdown(socket);
            assertThat(peer.input().read()).isEqualTo(-1);
            loop.cancel(receive);
            assertThat(next()).isEqualTo(new Completed(receive, Status.CANCELLED, 0, 0));
            loop.closeDescriptor(socket);
        }
    }

    @Test
    void shouldKeepAWakeupThatComesBeforeTheWait() throws IOException {
        loop.wakeup();
        loop.shutdown(listener); // selects in order to free the descriptor
        assertThat(loop.turn(-1)).isZero();
        peers.execute(loop::wakeup);
        assertThat(loop.turn(-1)).isZero();
    }

    @Test
    void shouldWaitAsLongAsAsked() {
        long begin = System.nanoTime();
        assertThat(loop.turn(TimeUnit.MILLISECONDS.toNanos(30))).isZero();
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
    }

    @Test
    void shouldWorkThoughTheInterruptFlagIsSet() throws IOException {
        try (Peer peer = connect()) {
            Thread.currentThread().interrupt();
            Endpoint socket = accept();
            Receive receive = receive(socket);
            peer.output().write(1);
            Thread.currentThread().interrupt();
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
            Send send = send(socket, segment(new byte[] {2}));
            assertThat(next()).isEqualTo(new Completed(send, Status.OK, 1, 0));
        } finally {
            Thread.interrupted(); // not for the next test
        }
    }

    @Test
    void shouldNameTheAddressThatIsInUse() {
        assertThatThrownBy(() -> engine.listen(listener.localAddress(), ListenOptions.defaults()))
                .isInstanceOf(BindException.class)
                .hasMessageContaining(String.valueOf(((InetSocketAddress) listener.localAddress()).getPort()));
    }

    @Test
    void shouldListenOnBothFamiliesAtTheIpv6Wildcard() throws IOException {
        Endpoint both = engine.listen(
                new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 0), ListenOptions.defaults());
        try (Peer four = connect(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), ((InetSocketAddress) both.localAddress()).getPort()));
                InputStream in = four.input()) {
            assertThat(in.available()).isZero();
        } finally {
            engine.closeUnassociated(both);
        }
    }
}
