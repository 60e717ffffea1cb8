package io.iocp.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.NeedsCondition;
import io.iocp.engine.nio.NioEngine;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedEngine;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.uring.UringEngine;
import io.iocp.engine.uring.UringFeatures;
import io.iocp.operation.Accept;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Operation;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random cancels, kinds of receive and delays of buffers, from within reports and from outside, with few buffers. */
class EngineLoopStressTest {
    private static final int CONNECTIONS = 24;
    private static final int BYTES = 40_000;

    private final long seed = Long.getLong("iocp.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final List<Peer> peers = new ArrayList<>();
    private boolean accepting = true;
    private boolean staleExpected;
    private final List<LeasedBuffer> held = new ArrayList<>();

    /** One connection and what has been read of it. */
    private final class Peer {
        final Endpoint endpoint;

        @Nullable
        Operation receive;

        int read;
        boolean ended;

        Peer(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        void take(LeasedBuffer buffer) {
            for (ByteBuffer data = buffer.data(); data.hasRemaining(); read++) {
                assertThat(data.get()).as("byte %d, seed %d", read, seed).isEqualTo((byte) (read % 251));
            }
            held.add(buffer);
        }

        void receiveAgain(EngineLoop loop) {
            Operation next = random.nextBoolean() ? new Receive(this) : new ReceiveContinuously(this);
            next.begin(endpoint);
            receive = next;
            loop.submit(next);
        }
    }

    private final class Sink implements CompletionSink {
        @Nullable
        EngineLoop loop;

        private EngineLoop loop() {
            return Objects.requireNonNull(loop);
        }

        @Override
        public void completed(Operation operation, Status status, long bytes, int nativeError) {
            if (!(operation.packet() instanceof Peer peer)) {
                if (status == Status.OK) {
                    loop().submit(operation); // the kernel has ended the multishot
                } else {
                    accepting = false;
                }
                return;
            }
            assertThat(peer.receive).as("completed once, seed %d", seed).isSameAs(operation);
            peer.receive = null;
            if (status == Status.OK && operation.lease != null) {
                peer.take(operation.lease);
            }
            peer.ended = status == Status.EOF;
            assertThat(status).as("seed %d", seed).isIn(Status.OK, Status.CANCELLED, Status.EOF);
            if (!peer.ended && random.nextBoolean()) {
                peer.receiveAgain(loop());
            }
        }

        @Override
        public void received(ReceiveContinuously operation, LeasedBuffer buffer) {
            ((Peer) operation.packet()).take(buffer);
            if (random.nextInt(4) == 0) {
                loop().cancel(operation);
            }
        }

        @Override
        public void accepted(Accept operation, Endpoint connection) {
            peers.add(new Peer(connection));
        }

        @Override
        public void returned(BufferRelease buffer) {
            throw new AssertionError("nobody sends");
        }

        @Override
        public void busy(Endpoint endpoint) {
            throw new AssertionError("an engine has no request of its own");
        }

        @Override
        public void quiet(Endpoint endpoint) {
            throw new AssertionError("an engine has no request of its own");
        }

        @Override
        public void acceptAborted() {
            throw new AssertionError("nobody resets");
        }

        @Override
        public void staleCompletion() {
            assertThat(staleExpected)
                    .as("every request is known, seed %d", seed)
                    .isTrue();
        }

        @Override
        public void recycle(LeasedBuffer buffer) {
            loop().recycle(buffer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nio", "io_uring", "simulated"})
    @Timeout(120)
    void shouldLoseAndDoubleNothing(String engineName) throws IOException {
        Engine engine;
        SimulatedNetwork network = SimulatedNetwork.of(seed, Faults.timing()).window(5000);
        switch (engineName) {
            case "io_uring" -> {
                NeedsCondition.require(engineName);
                engine = new UringEngine(UringFeatures.probe());
            }
            case "nio" -> engine = new NioEngine();
            default -> engine = new SimulatedEngine(network);
        }
        staleExpected = !engine.capabilities().sockets();
        Sink sink = new Sink();
        EngineLoop loop = engine.openLoop(new LoopOptions(256, 1024, 4), sink);
        sink.loop = loop;
        Endpoint listener = engine.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                ListenOptions.defaults().withReceiveBufferSize(512));
        Accept accept = new Accept(this);
        accept.continuous = true;
        accept.begin(listener);
        loop.submit(accept);
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CONNECTIONS; i++) {
                writers.execute(() -> write(engine, network, listener.localAddress()));
            }
            long begin = System.nanoTime();
            while (peers.size() < CONNECTIONS || !peers.stream().allMatch(p -> p.ended)) {
                assertThat(System.nanoTime() - begin)
                        .as("deadline, seed %d", seed)
                        .isLessThan(60_000_000_000L);
                step(loop);
            }
        }
        assertThat(peers).allSatisfy(p -> assertThat(p.read).isEqualTo(BYTES));
        held.forEach(LeasedBuffer::release);
        peers.forEach(p -> loop.closeDescriptor(p.endpoint));
        loop.cancel(accept);
        loop.shutdown(listener);
        while (accepting) {
            loop.turn(1_000_000);
        }
        loop.closeDescriptor(listener);
        loop.close();
    }

    private void step(EngineLoop loop) {
        for (Peer peer : peers) {
            if (peer.receive == null && !peer.ended && random.nextBoolean()) {
                peer.receiveAgain(loop);
            } else if (peer.receive != null && random.nextInt(16) == 0) {
                loop.cancel(peer.receive);
            }
        }
        loop.turn(1_000_000);
        while (!held.isEmpty() && random.nextInt(8) != 0) {
            held.removeLast().release();
        }
    }

    private static Socket connected(SocketAddress address) throws IOException {
        Socket socket = new Socket();
        socket.connect(address);
        return socket;
    }

    private static void write(Engine engine, SimulatedNetwork network, SocketAddress address) {
        try (io.iocp.Peer peer = engine.capabilities().sockets()
                ? io.iocp.Peer.of(connected(address))
                : io.iocp.Peer.of(network.connect(address))) {
            byte[] bytes = new byte[BYTES];
            for (int i = 0; i < BYTES; i++) {
                bytes[i] = (byte) (i % 251);
            }
            OutputStream out = peer.output();
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
