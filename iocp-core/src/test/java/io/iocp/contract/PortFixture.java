package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EngineChoice;
import io.iocp.Listener;
import io.iocp.OpenPort;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.PortOptions;
import io.iocp.PortStats;
import io.iocp.TestEngine;
import io.iocp.engine.simulated.Faults;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.uring.UringEngine;
import io.iocp.engine.uring.UringFeatures;
import io.iocp.engine.uring.ZeroCopy;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.Status;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The ports and peers of one test. Closing it closes them all and checks that no operation is left in flight and that
 * nothing had to be leaked.
 */
final class PortFixture implements AutoCloseable {

    /** How long a test waits for what must happen. No test is decided by it unless it fails. */
    static final Duration DEADLINE = Duration.ofSeconds(20);

    private final TestEngine engine;
    private final SimulatedNetwork network;
    private final Deque<Closeable> peers = new ArrayDeque<>();
    private final List<CompletionPort> ports = new ArrayList<>();
    private final List<CompletionPort> withoutHandler = new ArrayList<>();

    PortFixture(TestEngine engine) {
        this(engine, Faults.timing().withWholeReceives());
    }

    private PortFixture(TestEngine engine, Faults faults) {
        this.engine = engine;
        this.network = SimulatedNetwork.of(faults);
    }

    /** For what is done only if it can be done at once, which a simulated network often refuses. */
    static PortFixture withoutDelays(TestEngine engine) {
        return new PortFixture(engine, Faults.none());
    }

    PortFixture(EngineChoice engine) {
        this(TestEngine.of(engine));
    }

    /** Small in everything, and one shard. */
    PortOptions options() {
        return engine.on(network, PortOptions.defaults())
                .name("test")
                .concurrency(1)
                .maxWorkers(8)
                .receiveBuffers(16)
                .submissionEntries(64)
                .completionEntries(256)
                .closeTimeout(DEADLINE)
                .closeHandles(true);
    }

    /** A port whose packets the test takes. */
    CompletionPort open() throws IOException {
        return open(options());
    }

    /** A port whose packets the test takes. */
    CompletionPort open(PortOptions options) throws IOException {
        CompletionPort port = CompletionPort.open(options);
        ports.add(port);
        withoutHandler.add(port);
        return port;
    }

    CompletionPort open(CompletionHandler handler) throws IOException {
        return open(options(), handler);
    }

    CompletionPort open(PortOptions options, CompletionHandler handler) throws IOException {
        CompletionPort port = CompletionPort.open(options, handler);
        ports.add(port);
        return port;
    }

    /**
     * A port that sends without a copy what may be sent so, though its peers are at a loopback address; on engines that always
     * copy, as any other.
     */
    CompletionPort openWithZeroCopyOnLoopback(PortOptions options, CompletionHandler handler) throws IOException {
        if (engine != TestEngine.IO_URING) {
            return open(options, handler);
        }
        CompletionPort port =
                OpenPort.on(new UringEngine(UringFeatures.probe(), new ZeroCopy(1, true)), options, handler);
        ports.add(port);
        return port;
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    Listener listen(CompletionPort port, @Nullable Object key) throws IOException {
        return port.listen(anyPort(), ListenOptions.defaults(), key);
    }

    /** A peer, connected to {@code listener}. */
    Peer connect(Listener listener) throws IOException {
        return connect(listener.localAddress());
    }

    /** A peer, connected to whoever listens there. */
    Peer connect(SocketAddress address) throws IOException {
        if (!engine.sockets()) {
            return closing(Peer.of(network.connect(address)));
        }
        if (address instanceof UnixDomainSocketAddress) {
            return closing(Peer.of(SocketChannel.open(address)));
        }
        Socket peer = closing(new Socket());
        peer.connect(address, (int) DEADLINE.toMillis());
        peer.setSoTimeout((int) DEADLINE.toMillis());
        peer.setTcpNoDelay(true);
        return Peer.of(peer);
    }

    /** A port that has workers and no handler of its own. */
    CompletionPort openWithHandlersOfHandles(PortOptions options) throws IOException {
        CompletionPort port = CompletionPort.openWithHandlersOfHandles(options);
        ports.add(port);
        return port;
    }

    Link link(CompletionPort port, @Nullable Object key) throws IOException, InterruptedException {
        return link(port, key, ListenOptions.defaults(), null);
    }

    Link link(CompletionPort port, @Nullable Object key, ListenOptions how) throws IOException, InterruptedException {
        return link(port, key, how, null);
    }

    /** A connection with a handler of its own. */
    Link link(CompletionPort port, @Nullable Object key, CompletionHandler own)
            throws IOException, InterruptedException {
        return link(port, key, ListenOptions.defaults(), own);
    }

    Link link(CompletionPort port, @Nullable Object key, ListenOptions how, @Nullable CompletionHandler own)
            throws IOException, InterruptedException {
        Listener listener = port.openListener(anyPort(), how);
        BlockingQueue<OverlappedIO> accepts = new ArrayBlockingQueue<>(1);
        boolean takes = withoutHandler.contains(port);
        port.associate(listener, "link", takes ? null : accepts::add);
        listener.accept(new OverlappedIO());
        Peer peer = connect(listener);
        OverlappedIO accept = takes ? port.poll(DEADLINE) : accepts.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        assertThat(accept).as("the packet of the accept").isNotNull();
        assertThat(accept.status()).isEqualTo(Status.OK);
        Connection connection = accept.accepted();
        port.associate(connection, key, own);
        listener.close();
        return new Link(connection, peer);
    }

    synchronized <C extends Closeable> C closing(C peer) {
        peers.push(peer);
        return peer;
    }

    /** Closes the port and checks that everything that was ever started has ended. */
    void end(CompletionPort port) {
        long begin = System.nanoTime();
        port.close();
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        PortStats stats = port.stats();
        assertThat(stats.state()).isEqualTo("closed");
        assertThat(stats.inFlight().values())
                .as("in flight by kind: %s", stats.inFlight())
                .allMatch(n -> n == 0);
        assertThat(stats.shards()).allSatisfy(shard -> {
            assertThat(shard.inFlight())
                    .as("in flight on shard %d", shard.index())
                    .isZero();
            assertThat(shard.readyPackets())
                    .as("ready packets of shard %d", shard.index())
                    .isZero();
        });
        assertThat(stats.queueDepth()).as("packets that nobody will get").isZero();
        assertThat(took)
                .as("close() had to give up: something is leaked")
                .isLessThan(port.options().closeTimeout());
    }

    @Override
    public void close() throws IOException {
        for (CompletionPort port : ports) {
            end(port);
        }
        while (!peers.isEmpty()) {
            peers.pop().close();
        }
    }
}
