package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.ShutdownOutputException;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.ListenOptions;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;

/** The end of an output, of a handle and of a lease, each with operations in flight. */
class ShutdownContractTest {
    private static final int BIG = 64 << 20;

    @EachEngine
    @DisplayName("59: after shutdownOutput a send throws at its start; the peer sees the end and can still send")
    void shouldRefuseToSendAfterTheOutputWasShutDown(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            Connection connection = link.connection();
            OverlappedIO io = new OverlappedIO();
            connection.send(io, StandardCharsets.US_ASCII.encode("last"));
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            connection.shutdownOutput();
            connection.shutdownOutput();
            assertThatThrownBy(() -> connection.send(io, StandardCharsets.US_ASCII.encode("never")))
                    .isInstanceOf(ShutdownOutputException.class)
                    .hasMessageContaining("shut down");
            assertThat(io.isPending()).isFalse();
            assertThat(link.peerReadsText(4)).isEqualTo("last");
            link.peerSeesEnd();
            connection.receive(io);
            link.peerSends("still here");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("still here");
            connection.close();
            assertThatThrownBy(connection::shutdownOutput).isInstanceOf(ClosedChannelException.class);
        }
    }

    @EachEngine
    @DisplayName("59: a send in flight ends with SHUT_DOWN and what was accepted, and so do those behind it")
    void shouldEndASendThatIsInFlight(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO big = new OverlappedIO("big");
            OverlappedIO behind = new OverlappedIO("behind");
            OverlappedIO receive = new OverlappedIO("receive");
            link.connection().receive(receive);
            link.connection().send(big, Arena.global().allocate(BIG));
            link.connection().send(behind, StandardCharsets.US_ASCII.encode("never"));
            link.peerReads(1000);
            link.connection().shutdownOutput();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(big);
            assertThat(big.status()).isEqualTo(Status.SHUT_DOWN);
            assertThat(big.failure()).isInstanceOf(ShutdownOutputException.class);
            assertThat(big.bytesTransferred()).isBetween(1000L, BIG - 1L);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(behind);
            assertThat(behind.status()).isEqualTo(Status.SHUT_DOWN);
            assertThat(behind.bytesTransferred()).isZero();
            link.peerReads((int) big.bytesTransferred() - 1000);
            link.peerSeesEnd();
            link.peerSends("x");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
            assertThat(receive.status()).isEqualTo(Status.OK);
        }
    }

    @EachEngine
    @DisplayName("closeAndAwait() returns when everything has ended and the descriptor is closed")
    void shouldReturnWhenTheMemoryIsTheCallersAgain(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO(), Arena.global().allocate(10));
            link.connection().receive(new OverlappedIO());
            link.connection().send(new OverlappedIO(), Arena.global().allocate(BIG));
            link.connection().closeAndAwait();
            assertThat(link.connection().isClosed()).isTrue();
            assertThat(packets.next(3)).allSatisfy(p -> assertThat(p.status()).isEqualTo(Status.HANDLE_CLOSED));
            link.connection().closeAndAwait();
            Listener listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            listener.closeAndAwait();
            assertThat(listener.isClosed()).isTrue();
            assertThat(packets.next().status()).isEqualTo(Status.HANDLE_CLOSED);
            Listener ofNoPort = port.openListener(PortFixture.anyPort(), ListenOptions.defaults());
            ofNoPort.closeAndAwait();
            assertThat(ofNoPort.isClosed()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("closeAndAwait() is cut short by an interrupt, the close is not; called again it waits again")
    void shouldStopWaitingWhenItIsInterrupted(TestEngine engine) throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            // Its only worker is kept, and there is no other: the close cannot get on.
            CompletionPort port = fixture.open(fixture.options().maxWorkers(1), packet -> {
                if (packet.kind() == OperationKind.POST) {
                    inHandler.countDown();
                    goOn.await();
                }
            });
            Listener listener = fixture.listen(port, "listener");
            port.post("key", null);
            inHandler.await();
            Thread.currentThread().interrupt();
            assertThatThrownBy(listener::closeAndAwait).isInstanceOf(InterruptedException.class);
            assertThat(listener.isOpen()).isFalse();
            goOn.countDown();
            listener.closeAndAwait();
            assertThat(listener.isClosed()).isTrue();
        }
    }

    @EachEngine
    @DisplayName(
            "130: two handlers close handles on each other's shards without waiting; closeAndAwait() on a worker throws")
    void shouldNotDeadlockWhenHandlersCloseEachOthersHandles(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        CountDownLatch both = new CountDownLatch(2);
        List<CompletableFuture<Throwable>> refused = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        List<Connection> connections = new ArrayList<>();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().concurrency(2), packet -> {
                if (packet.attachment() instanceof Integer me) {
                    both.countDown();
                    both.await(); // now each shard has a handler running
                    Connection other = connections.get(1 - me);
                    try {
                        other.closeAndAwait();
                    } catch (IllegalStateException e) {
                        refused.get(me).complete(e);
                    }
                    other.close();
                } else {
                    packets.completed(packet);
                }
            });
            List<Link> links = List.of(fixture.link(port, 0), fixture.link(port, 1));
            for (int i = 0; i < 2; i++) {
                Connection connection = links.get(i).connection();
                connections.add(connection);
                connection.receive(new OverlappedIO("pending"));
            }
            for (int i = 0; i < 2; i++) {
                connections.get(i).post(new OverlappedIO(i), 0);
            }
            for (CompletableFuture<Throwable> each : refused) {
                assertThat(each.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                        .hasMessageContaining("worker");
            }
            assertThat(packets.next(2)).allSatisfy(p -> assertThat(p.status()).isEqualTo(Status.HANDLE_CLOSED));
            for (Connection connection : connections) {
                connection.closeAndAwait();
            }
        }
    }

    @EachEngine
    @DisplayName(
            "125: a buffer that is in flight cannot be released by who has no lease; foreign memory may go at any time")
    void shouldKeepABufferThatIsInFlight(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            LeasedBuffer buffer = port.buffers().lease(BIG);
            buffer.length(BIG);
            buffer.segment().set(ValueLayout.JAVA_BYTE, BIG - 1, (byte) 9);
            OverlappedIO io = new OverlappedIO();
            link.connection().send(io, buffer);
            assertThatThrownBy(buffer::release)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in flight");
            buffer.retain().release();
            assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
            byte[] read = link.peerReads(BIG);
            assertThat(read[BIG - 1]).isEqualTo((byte) 9);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> link.connection().send(io, buffer)).isInstanceOf(IllegalStateException.class);
            assertThat(io.isPending()).as("nothing was started").isFalse();

            try (Arena arena = Arena.ofConfined()) {
                MemorySegment foreign = arena.allocateFrom("copied");
                link.connection().send(io, foreign.asSlice(0, 6));
            }
            assertThat(link.peerReadsText(6)).isEqualTo("copied");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
        }
    }

    @EachEngine
    @DisplayName("29: a post after the close is refused, to the port as to a handle")
    void shouldRefuseAPostAfterTheClose(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(fixture.options().closeHandles(false));
            Link link = fixture.link(port, "key");
            fixture.end(port);
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> port.post("key", null)).isInstanceOf(ClosedPortException.class);
            assertThatThrownBy(() -> port.post(io, "key", 1, Status.OK)).isInstanceOf(ClosedPortException.class);
            assertThatThrownBy(() -> link.connection().post(io, 0)).isInstanceOf(ClosedPortException.class);
            assertThat(io.isPending()).isFalse();
            link.connection().close();
        }
    }

    @EachEngine
    @DisplayName("34 and 35: a handle is associated once and for life, and nothing starts before")
    void shouldAssociateOnceAndStartNothingBefore(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open();
            CompletionPort other = fixture.open(fixture.options().name("other"));
            Listener listener = port.openListener(PortFixture.anyPort(), ListenOptions.defaults());
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> listener.accept(io)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> listener.post(io, 0)).isInstanceOf(IllegalStateException.class);
            assertThat(io.isPending()).isFalse();
            assertThat(listener.cancelAll()).isZero();
            assertThatThrownBy(() -> other.associate(listener, "other")).isInstanceOf(IllegalStateException.class);
            port.associate(listener, "key");
            assertThatThrownBy(() -> port.associate(listener, "again")).isInstanceOf(IllegalStateException.class);
            assertThat(listener.key()).isEqualTo("key");
            listener.accept(io);
            assertThat(listener.cancelAll()).isEqualTo(1);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            listener.close();
        }
    }
}
