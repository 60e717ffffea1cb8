package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.PortListener;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;

/** Handlers that block, that fail, and what becomes of the others meanwhile. */
class BlockingHandlerContractTest {

    /** Blocks for packets of connections whose key is "blocks", until it gets a permit for each. */
    private static final class Gate implements CompletionHandler {
        final Semaphore permits = new Semaphore(0);
        final CountDownLatch entered = new CountDownLatch(1);
        final Packets packets = new Packets();

        @Override
        public void completed(OverlappedIO packet) throws Exception {
            if (blocks(packet)) {
                entered.countDown();
                assertThat(permits.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            }
            packets.completed(packet);
        }

        @Override
        public boolean blocks(OverlappedIO packet) {
            return "blocks".equals(packet.key());
        }
    }

    @EachEngine
    @DisplayName("a blocking handler does not hold up the others of its shard, but its own connection's packets wait")
    void shouldGoOnWithTheOthersWhileAHandlerBlocks(TestEngine engine) throws Exception {
        Gate gate = new Gate();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(gate)) {
            Link blocking = fixture.link(port, "blocks");
            Link other = fixture.link(port, "other");
            for (int i = 0; i < 5; i++) {
                blocking.connection().post(new OverlappedIO("blocked " + i), i);
            }
            assertThat(gate.entered.await(20, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 200; i++) {
                OverlappedIO io = new OverlappedIO(i);
                other.connection().receive(io);
                other.peerSends("x");
                assertThat(gate.packets.next().io()).isSameAs(io);
            }
            assertThat(port.stats().workers().get("blocked")).isEqualTo(1);
            gate.permits.release(5);
            for (int i = 0; i < 5; i++) {
                assertThat(gate.packets.next().attachment()).isEqualTo("blocked " + i);
            }
            await().atMost(PortFixture.DEADLINE)
                    .until(() -> port.stats().workers().get("blocked") == 0);
        }
    }

    @EachEngine
    @DisplayName("with no spare left the shard's own worker runs a blocking packet, and nothing is lost")
    void shouldRunABlockingPacketItselfWhenThereIsNoSpare(TestEngine engine) throws Exception {
        Gate gate = new Gate();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().maxWorkers(1), gate)) {
            Link blocking = fixture.link(port, "blocks");
            Link other = fixture.link(port, "other");
            blocking.connection().post(new OverlappedIO("blocked"), 0);
            assertThat(gate.entered.await(20, TimeUnit.SECONDS)).isTrue();
            other.connection().post(new OverlappedIO("other"), 0);
            gate.permits.release();
            assertThat(gate.packets.next().attachment()).isEqualTo("blocked");
            assertThat(gate.packets.next().attachment()).isEqualTo("other");
        }
    }

    @EachEngine
    @DisplayName(
            "with every spare kept, further blocking packets wait and are reported, and all other connections go on")
    void shouldLetBlockingPacketsWaitWhenEverySpareIsKept(TestEngine engine) throws Exception {
        Gate gate = new Gate();
        BlockingQueue<Integer> reported = new LinkedBlockingQueue<>();
        PortListener listener = new PortListener() {
            @Override
            public void allWorkersBlocked(int workers) {
                reported.add(workers);
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().maxWorkers(3).listener(listener), gate)) {
            for (int i = 0; i < 5; i++) {
                Link link = fixture.link(port, "blocks");
                link.connection().post(new OverlappedIO("blocked " + i), i);
            }
            assertThat(reported.poll(20, TimeUnit.SECONDS)).isEqualTo(3);
            Link other = fixture.link(port, "other");
            for (int i = 0; i < 100; i++) {
                other.connection().post(new OverlappedIO("other " + i), i);
                assertThat(gate.packets.next().attachment()).isEqualTo("other " + i);
            }
            assertThat(port.stats().workers().get("blocked")).isEqualTo(2);
            assertThat(port.stats().handOvers()).isZero();
            gate.permits.release(5);
            assertThat(gate.packets.next(5))
                    .extracting(Packet::attachment)
                    .allMatch(a -> a instanceof String text && text.startsWith("blocked "));
        }
    }

    @EachEngine
    @DisplayName("packets that waited for a blocking handler keep their order when the shard's budget is small")
    void shouldKeepTheOrderWhenTheBudgetIsSmall(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) {
                for (int spin = (int) (packet.bytesTransferred() % 7) * 100; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                packets.completed(packet);
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return packet.bytesTransferred() % 3 == 0;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().readyBudget(3), handler)) {
            Link link = fixture.link(port, "key");
            int count = 5000;
            for (int i = 0; i < count; i++) {
                link.connection().post(new OverlappedIO(), i);
            }
            for (int i = 0; i < count; i++) {
                assertThat(packets.next().bytes()).isEqualTo(i);
            }
        }
    }

    @EachEngine
    @DisplayName("a blocking handler may start its packet anew on another connection")
    void shouldLetThePacketMoveToAnotherConnection(TestEngine engine) throws Exception {
        int rounds = 3000;
        CountDownLatch done = new CountDownLatch(rounds);
        List<Connection> connections = new ArrayList<>();
        AtomicInteger at = new AtomicInteger();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                done.countDown();
                if (done.getCount() > 0) {
                    connections.get(at.incrementAndGet() % 2).post(packet, 0);
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return true;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), handler)) {
            connections.add(fixture.link(port, 0).connection());
            connections.add(fixture.link(port, 1).connection());
            connections.getFirst().post(new OverlappedIO(), 0);
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @EachEngine
    @DisplayName("a continuous receive whose handler blocks stays in order and within its credit")
    void shouldKeepAContinuousReceiveInOrderWhenItsHandlerBlocks(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) {
                packets.completed(packet);
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return true;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port =
                        fixture.open(fixture.options().receiveCredit(2).receiveBuffers(4), handler)) {
            Link link = fixture.link(port, "key");
            link.connection().receiveContinuously(new OverlappedIO());
            StringBuilder sent = new StringBuilder();
            for (int i = 0; i < 20_000; i++) {
                sent.append(i).append(' ');
            }
            link.peerSends(sent.toString());
            link.peerFinishes();
            packets.awaitThat(all -> !all.isEmpty() && !all.getLast().more());
            StringBuilder received = new StringBuilder();
            packets.all().forEach(p -> received.append(p.text()));
            assertThat(received).hasToString(sent.toString());
            assertThat(packets.all().getLast().status()).isEqualTo(Status.EOF);
        }
    }

    @EachEngine
    @DisplayName("a handler that blocks may see the connection of an accept when it says so")
    void shouldShowTheAcceptedConnectionToWhoAsksWhetherItBlocks(TestEngine engine) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) {
                packet.accepted().close();
                seen.countDown();
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return packet.accepted().isOpen();
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(handler)) {
            var listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            fixture.connect(listener);
            assertThat(seen.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(port.stats().handlerFailures()).isZero();
        }
    }

    @EachEngine
    @DisplayName("a handler that releases a buffer which it did not retain harms nobody")
    void shouldGoOnWhenAHandlerReleasesTooMuch(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) {
                packets.completed(packet);
                packet.release();
                packet.release();
                if (packet.sequence() % 2 == 0) {
                    // As a handler would that has mistaken retain() for something that moves the lease.
                    packet.retain().release();
                    LeasedBuffer buffer = packet.retain();
                    buffer.release();
                    buffer.release();
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return packet.sequence() % 3 == 0;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(handler)) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < 60; i++) {
                link.connection().receive(new OverlappedIO());
                link.peerSends("x");
                assertThat(packets.next().text()).isEqualTo("x");
            }
            await().atMost(PortFixture.DEADLINE).until(() -> port.stats().handlerFailures() == 30);
        }
    }

    @EachEngine
    @DisplayName("23 and 123: whatever a handler throws, worker and connections go on")
    void shouldGoOnWhateverAHandlerThrows(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CompletionHandler handler = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                packets.completed(packet);
                switch ((int) (packet.bytesTransferred() % 5)) {
                    case 0 -> throw new IllegalStateException("on purpose");
                    case 1 -> throw new java.io.IOException("on purpose");
                    case 2 -> throw new AssertionError("on purpose");
                    case 3 -> throw new StackOverflowError("on purpose");
                    default -> Thread.currentThread().interrupt();
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                if (packet.kind() == OperationKind.RECEIVE) {
                    throw new AssertionError("on purpose");
                }
                return packet.bytesTransferred() % 2 == 1;
            }
        };
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(handler)) {
            Link link = fixture.link(port, "key");
            OverlappedIO receive = new OverlappedIO();
            for (int i = 0; i < 100; i++) {
                link.connection().post(new OverlappedIO(), i);
                assertThat(packets.next().bytes()).isEqualTo(i);
                link.connection().receive(receive);
                link.peerSends("x");
                Packet packet = packets.next();
                assertThat(packet.status()).isEqualTo(Status.OK);
                assertThat(packet.text()).isEqualTo("x");
            }
            await().atMost(PortFixture.DEADLINE).until(() -> port.stats().handlerFailures() == 180);
        }
    }
}
