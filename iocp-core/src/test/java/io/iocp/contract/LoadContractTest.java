package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** Many connections with many messages: every byte comes back, in order, and one handle's packets one at a time. */
class LoadContractTest {

    /** Sends back what it receives; every {@code blockEvery}-th packet on a spare worker. */
    private static final class Echo implements CompletionHandler {
        final CompletionPort[] port = new CompletionPort[1];
        final AtomicInteger overlaps = new AtomicInteger();
        final AtomicInteger failures = new AtomicInteger();
        final boolean continuous;
        final int blockEvery;
        final AtomicInteger packets = new AtomicInteger();

        Echo(boolean continuous, int blockEvery) {
            this.continuous = continuous;
            this.blockEvery = blockEvery;
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            return blockEvery > 0
                    && packet.kind() != OperationKind.ACCEPT
                    && packets.incrementAndGet() % blockEvery == 0;
        }

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (packet.kind() == OperationKind.ACCEPT) {
                if (packet.status() == Status.OK) {
                    Connection connection = packet.accepted();
                    port[0].associate(connection, new AtomicBoolean());
                    receive(connection, new OverlappedIO());
                }
                return;
            }
            AtomicBoolean running = (AtomicBoolean) java.util.Objects.requireNonNull(packet.key());
            if (!running.compareAndSet(false, true)) {
                overlaps.incrementAndGet();
            }
            try {
                if (packet.kind() == OperationKind.RECEIVE && packet.status() == Status.OK) {
                    LeasedBuffer buffer = packet.retain();
                    packet.connection().send(new OverlappedIO(), buffer);
                    if (!continuous) {
                        receive(packet.connection(), packet);
                    }
                } else if (packet.kind() == OperationKind.RECEIVE) {
                    packet.connection().close();
                } else if (packet.status() != Status.OK) {
                    failures.incrementAndGet();
                }
            } finally {
                running.set(false);
            }
        }

        private void receive(Connection connection, OverlappedIO packet) throws ClosedChannelException {
            if (continuous) {
                connection.receiveContinuously(packet);
            } else {
                connection.receive(packet);
            }
        }
    }

    @EachEngine
    @DisplayName("200 connections, 200 messages each, two shards, continuous receives")
    void shouldEchoManyMessagesOnManyConnections(TestEngine engine) throws Exception {
        echo(engine, new Echo(true, 0), 200, 200);
    }

    @EachEngine
    @DisplayName("100 connections, 100 messages each, receives one by one")
    void shouldEchoWithSingleReceives(TestEngine engine) throws Exception {
        echo(engine, new Echo(false, 0), 100, 100);
    }

    @EachEngine
    @DisplayName("100 connections, 100 messages each, every third packet on a spare worker")
    void shouldEchoWithBlockingHandlers(TestEngine engine) throws Exception {
        echo(engine, new Echo(true, 3), 100, 100);
    }

    private static void echo(TestEngine engine, Echo echo, int connections, int messages) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletionPort port = fixture.open(
                    fixture.options().concurrency(2).receiveBuffers(64).receiveCredit(4), echo);
            echo.port[0] = port;
            Listener listener = port.listen(
                    PortFixture.anyPort(), ListenOptions.defaults().withReceiveBufferSize(2048), "listener");
            listener.acceptContinuously(new OverlappedIO());
            List<Future<?>> done = new ArrayList<>();
            for (int c = 0; c < connections; c++) {
                int seed = c;
                done.add(clients.submit(() -> {
                    client(fixture, listener, new Random(seed), messages);
                    return null;
                }));
            }
            for (Future<?> client : done) {
                client.get(60, TimeUnit.SECONDS);
            }
            fixture.end(port);
            assertThat(echo.overlaps)
                    .as("packets of one handle at the same time")
                    .hasValue(0);
            assertThat(echo.failures).as("sends that failed").hasValue(0);
            assertThat(port.stats().handlerFailures()).isZero();
            assertThat(port.stats().connectionsClosed()).isEqualTo(connections);
            assertThat(port.stats().bytesSent()).isEqualTo(port.stats().bytesReceived());
        }
    }

    private static void client(PortFixture fixture, Listener listener, Random random, int messages) throws IOException {
        try (Peer peer = fixture.connect(listener)) {
            DataInputStream in = new DataInputStream(peer.input());
            DataOutputStream out = new DataOutputStream(peer.output());
            for (int left = messages; left > 0; ) {
                // Some alone, some several at once.
                int together = Math.min(left, 1 + random.nextInt(4));
                byte[][] sent = new byte[together][];
                for (int i = 0; i < together; i++) {
                    sent[i] = new byte[random.nextInt(random.nextInt(20) == 0 ? 20_000 : 600)];
                    random.nextBytes(sent[i]);
                    out.write(sent[i]);
                }
                for (byte[] message : sent) {
                    byte[] back = in.readNBytes(message.length);
                    if (!Arrays.equals(message, back)) {
                        throw new AssertionError("what came back is not what was sent");
                    }
                }
                left -= together;
            }
        }
    }

    @EachEngine
    @DisplayName("117: with 16 completion entries none of 10,000 completions is lost")
    void shouldLoseNoCompletionWhenTheQueueOverflows(TestEngine engine) throws Exception {
        int links = 100;
        int each = 100;
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port =
                    fixture.open(fixture.options().completionEntries(16).submissionEntries(8), packets);
            List<Link> all = new ArrayList<>();
            for (int i = 0; i < links; i++) {
                all.add(fixture.link(port, i));
            }
            // The shard's worker stands still while everything becomes ready behind its back.
            java.util.concurrent.CountDownLatch go = new java.util.concurrent.CountDownLatch(1);
            java.util.concurrent.CountDownLatch entered = new java.util.concurrent.CountDownLatch(1);
            Link stopper = fixture.link(port, "stopper", packet -> {
                entered.countDown();
                assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
            });
            for (int round = 0; round < each; round++) {
                for (Link link : all) {
                    link.connection().receive(new OverlappedIO());
                }
            }
            stopper.connection().post(new OverlappedIO(), 0);
            assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
            for (Link link : all) {
                link.peerSends("x");
            }
            go.countDown();
            for (int round = 1; round < each; round++) {
                int due = round * links;
                packets.awaitThat(seen -> seen.size() == due);
                for (Link link : all) {
                    link.peerSends("x");
                }
            }
            packets.awaitThat(seen -> seen.size() == links * each);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(links * each);
            assertThat(packets.all()).allMatch(p -> p.status() == Status.OK && p.bytes() == 1);
        }
    }

    @EachEngine
    @DisplayName("117: ten thousand cancels at once through 16 completion entries: a packet for each")
    void shouldCancelTenThousandOperationsThroughASmallQueue(TestEngine engine) throws Exception {
        int links = 200;
        int each = 50;
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port =
                    fixture.open(fixture.options().completionEntries(16).submissionEntries(8), packets);
            for (int i = 0; i < links; i++) {
                Link link = fixture.link(port, i);
                for (int n = 0; n < each; n++) {
                    link.connection().receive(new OverlappedIO());
                }
            }
            fixture.end(port);
            assertThat(packets.all()).hasSize(links * each).allMatch(p -> p.status() == Status.PORT_CLOSED);
        }
    }

    @EachEngine
    @DisplayName("operations are started from virtual threads as from any other")
    void shouldStartOperationsFromVirtualThreads(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            List<Link> links = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                links.add(fixture.link(port, i));
            }
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 200; t++) {
                Link link = links.get(t % 10);
                threads.add(Thread.ofVirtual()
                        .start(() -> ReceiveContractTest.start(() -> {
                            for (int i = 0; i < 10; i++) {
                                link.connection()
                                        .send(new OverlappedIO(), java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}));
                            }
                        })));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            packets.awaitThat(all -> all.size() == 2000);
            for (Link link : links) {
                assertThat(link.peerReads(600)).containsOnly(1, 2, 3);
            }
        }
    }
}
