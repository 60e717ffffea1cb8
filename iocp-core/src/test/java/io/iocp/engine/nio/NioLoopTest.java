package io.iocp.engine.nio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.engine.LoopOptions;
import io.iocp.engine.RecordingSink;
import io.iocp.engine.RecordingSink.Completed;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What only this engine can do wrong; the rest of its contract is in {@code EngineLoopTest}. */
class NioLoopTest {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final NioEngine engine = new NioEngine();
    private final RecordingSink sink = new RecordingSink();
    private final ExecutorService peers = Executors.newVirtualThreadPerTaskExecutor();
    private NioLoop loop;
    private NioListener listener;

    @BeforeEach
    void open() throws IOException {
        loop = new NioLoop(new LoopOptions(256, 1024, 2), sink);
        listener = listen(4096);
    }

    @AfterEach
    void close() {
        loop.shutdown(listener);
        loop.closeDescriptor(listener);
        loop.close();
        peers.close();
    }

    private NioListener listen(int receiveBufferSize) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return (NioListener) engine.listen(any, ListenOptions.defaults().withReceiveBufferSize(receiveBufferSize));
    }

    private Socket connect() throws IOException {
        Socket peer = new Socket();
        peer.connect(listener.localAddress(), 10_000);
        peer.setSoTimeout(10_000);
        return peer;
    }

    private NioSocket accept() {
        Operation.Accept accept = begin(new Operation.Accept(this), listener);
        loop.submit(accept);
        assertThat(next()).isEqualTo(new Completed(accept, Status.OK, 0, 0));
        return (NioSocket) Objects.requireNonNull(accept.accepted);
    }

    private <O extends Operation> O begin(O operation, NioEndpoint endpoint) {
        operation.begin(endpoint);
        return operation;
    }

    private Operation.Receive receive(NioSocket socket) {
        Operation.Receive receive = begin(new Operation.Receive(this), socket);
        loop.submit(receive);
        return receive;
    }

    private Operation.Send send(NioSocket socket, MemorySegment... pieces) {
        Operation.Send send = begin(new Operation.Send(this), socket);
        send.memory = pieces;
        send.pieces = pieces.length;
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

    @Test
    void shouldEndTheStreamAtOnceWhenShutDown() throws IOException {
        try (Socket peer = connect()) {
            NioSocket socket = accept();
            Operation.Receive receive = receive(socket);
            assertThat(loop.turn(0)).isZero();
            loop.shutdown(socket);
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
            assertThat(next()).isEqualTo(new Completed(receive, Status.CANCELLED, 0, 0));
            loop.closeDescriptor(socket);
            loop.turn(0);
            assertThat(socket.channel.isOpen()).isFalse();
            assertThat(socket.channel.isRegistered())
                    .as("its descriptor is free")
                    .isFalse();
        }
    }

    @Test
    void shouldWorkThoughTheInterruptFlagIsSet() throws IOException {
        try (Socket peer = connect()) {
            Thread.currentThread().interrupt();
            NioSocket socket = accept();
            Operation.Receive receive = receive(socket);
            peer.getOutputStream().write(1);
            Thread.currentThread().interrupt();
            assertThat(next()).isEqualTo(new Completed(receive, Status.OK, 1, 0));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(socket.channel.isOpen()).isTrue();
        } finally {
            Thread.interrupted(); // not for the next test
        }
    }

    @Test
    void shouldReportMemoryThatIsGoneAsAFault() throws IOException {
        try (Socket peer = connect()) {
            NioSocket socket = accept();
            Arena arena = Arena.ofShared();
            MemorySegment memory = arena.allocate(8);
            Operation.Send send = send(socket, memory);
            arena.close();
            assertThat(next()).isEqualTo(new Completed(send, Status.FAULT, 0, 0));
            assertThat(peer.isConnected()).isTrue();
        }
    }
}
