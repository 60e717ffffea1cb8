package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.ConnectionResetException;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OperationAbortedException;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.Status;
import java.nio.channels.AsynchronousCloseException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;

/** Operations whose result goes to a future instead of the port. */
class FutureContractTest {
    private static OverlappedIO toFuture() {
        return new OverlappedIO().deliverToFuture(true);
    }

    private static OverlappedIO await(OverlappedIO io) throws Exception {
        return io.future().get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    @EachEngine
    @DisplayName("the result of a receive and of a send goes to their futures, and no handler sees it")
    void shouldDeliverToTheFutureOfAPortWithAHandler(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            OverlappedIO receive = toFuture();
            OverlappedIO send = toFuture();
            link.connection().receive(receive);
            link.connection().send(send, StandardCharsets.US_ASCII.encode("hello"));
            assertThat(await(send)).isSameAs(send);
            assertThat(send.bytesTransferred()).isEqualTo(5);
            assertThat(link.peerReadsText(5)).isEqualTo("hello");
            assertThat(receive.future().isDone()).isFalse();
            link.peerSends("world");
            assertThat(Packet.of(await(receive)).text())
                    .as("valid until the next start")
                    .isEqualTo("world");
            // Again, with the same object: a new future for each start.
            CompletableFuture<OverlappedIO> before = receive.future();
            link.connection().receive(receive);
            assertThat(receive.future()).isNotSameAs(before);
            link.peerSends("again");
            assertThat(Packet.of(await(receive)).text()).isEqualTo("again");
            receive.release();
            receive.release();
            // And back to the port.
            link.connection().receive(receive.deliverToFuture(false));
            assertThatThrownBy(receive::future).isInstanceOf(IllegalStateException.class);
            link.peerSends("port");
            assertThat(packets.next().text()).isEqualTo("port");
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(1);
        }
    }

    @EachEngine
    @DisplayName("on a port without a handler a future is completed although nobody takes, and wakes no taker")
    void shouldDeliverToTheFutureOfAPortWithoutAHandler(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO accept = toFuture();
            listener.accept(accept);
            fixture.connect(listener);
            try (Connection connection = await(accept).accepted()) {
                assertThat(connection.isOpen()).isTrue();
            }
            Link link = fixture.link(port, "key");
            OverlappedIO receive = toFuture();
            link.connection().receive(receive);
            link.peerSends("x");
            assertThat(Packet.of(await(receive)).text()).isEqualTo("x");
            assertThat(port.poll()).isNull();
            assertThat(port.queueDepth()).isZero();
        }
    }

    @EachEngine
    @DisplayName("a failure completes the future with its exception; what is known of it stands in the packet")
    void shouldFailTheFuture(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(_ -> {});
            Link link = fixture.link(port, "key");
            OverlappedIO reset = toFuture();
            link.connection().receive(reset);
            link.peerResets();
            assertThatThrownBy(() -> await(reset))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(ConnectionResetException.class);
            assertThat(reset.status()).isEqualTo(Status.RESET);

            Link other = fixture.link(port, "other");
            OverlappedIO cancelled = toFuture();
            other.connection().receive(cancelled);
            assertThat(cancelled.cancel()).isTrue();
            assertThatThrownBy(() -> await(cancelled)).hasCauseInstanceOf(OperationAbortedException.class);
            OverlappedIO late = toFuture().timeout(Duration.ofMillis(5));
            other.connection().receive(late);
            assertThatThrownBy(() -> await(late))
                    .hasCauseInstanceOf(java.nio.channels.InterruptedByTimeoutException.class);
            OverlappedIO closed = toFuture();
            other.connection().receive(closed);
            other.connection().close();
            assertThatThrownBy(() -> await(closed)).hasCauseInstanceOf(AsynchronousCloseException.class);
        }
    }

    @EachEngine
    @DisplayName("closing the port fails the futures of what is in flight, with PORT_CLOSED, on either kind of port")
    void shouldFailTheFuturesWhenThePortCloses(TestEngine engine) throws Exception {
        for (boolean handler : new boolean[] {true, false}) {
            try (PortFixture fixture = new PortFixture(engine)) {
                CompletionPort port = handler ? fixture.open(_ -> {}) : fixture.open();
                Link link = fixture.link(port, "key");
                OverlappedIO first = toFuture();
                OverlappedIO second = toFuture();
                link.connection().receive(first);
                link.connection().receive(second);
                fixture.end(port);
                for (OverlappedIO io : new OverlappedIO[] {first, second}) {
                    assertThat(io.future()).isDone();
                    assertThatThrownBy(() -> await(io)).hasCauseInstanceOf(OperationAbortedException.class);
                    assertThat(io.status()).isEqualTo(Status.PORT_CLOSED);
                    assertThat(io.isPending()).isFalse();
                }
            }
        }
    }

    @EachEngine
    @DisplayName("what depends on a future may start the same operation again; what it throws harms nobody")
    void shouldRunDependentsAsUserCode(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(_ -> {});
            Link link = fixture.link(port, "key");
            OverlappedIO io = toFuture();
            CompletableFuture<String> second = new CompletableFuture<>();
            link.connection().receive(io);
            CompletableFuture<Object> failed = io.future().thenApply(got -> {
                try {
                    link.connection().receive(got);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                CompletableFuture<Void> told = got.future()
                        .thenAccept(again -> second.complete(Packet.of(again).text()));
                assertThat(told).isNotNull();
                throw new IllegalStateException("on purpose");
            });
            link.peerSends("1");
            assertThatThrownBy(() -> failed.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .hasCauseInstanceOf(IllegalStateException.class);
            link.peerSends("2");
            assertThat(second.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo("2");
        }
    }

    @EachEngine
    @DisplayName(
            "a handler that waits on its own worker is told so; one that says that it blocks may wait, on its own handle too")
    void shouldRefuseToWaitForItself(TestEngine engine) throws Exception {
        CompletableFuture<Throwable> refused = new CompletableFuture<>();
        CompletableFuture<String> waited = new CompletableFuture<>();
        CompletionHandler asks = new CompletionHandler() {
            @Override
            public void completed(OverlappedIO packet) throws Exception {
                if (packet.attachment() == null) {
                    return;
                }
                OverlappedIO send = toFuture();
                packet.connection().send(send, StandardCharsets.US_ASCII.encode("x"));
                if (packet.attachment().equals("blocks")) {
                    waited.complete(await(send).status().name());
                    return;
                }
                try {
                    send.future().join();
                } catch (IllegalStateException e) {
                    refused.complete(e);
                }
            }

            @Override
            public boolean blocks(OverlappedIO packet) {
                return "blocks".equals(packet.attachment());
            }
        };
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(asks);
            Link link = fixture.link(port, "key", asks);
            link.connection().receive(new OverlappedIO("waits"));
            link.peerSends("1");
            assertThat(refused.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .hasMessageContaining("blocking");
            link.connection().receive(new OverlappedIO("blocks"));
            link.peerSends("2");
            assertThat(waited.get(PortFixture.DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo("OK");
        }
    }

    @EachEngine
    @DisplayName("posts and continuous operations have no future; a start that fails leaves none")
    void shouldRefuseWhatHasNoSingleResult(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(_ -> {});
            Link link = fixture.link(port, "key");
            OverlappedIO io = toFuture();
            assertThatThrownBy(() -> link.connection().receiveContinuously(io))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> link.connection().post(io, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> port.post(io, "key", 0, Status.OK)).isInstanceOf(IllegalArgumentException.class);
            fixture.end(port);
            assertThatThrownBy(() -> link.connection().receive(io)).isInstanceOf(Exception.class);
            assertThat(io.isPending()).isFalse();
            assertThatThrownBy(io::future).isInstanceOf(IllegalStateException.class);
        }
    }

    @EachEngine
    @DisplayName("an accept whose future was completed by somebody else leaves no open connection")
    void shouldCloseAConnectionThatNobodyWillLearnOf(TestEngine engine) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(_ -> done.countDown());
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO accept = toFuture();
            listener.accept(accept);
            accept.future().cancel(false);
            var peer = fixture.connect(listener);
            assertThat(peer.input().read()).isEqualTo(-1);
            assertThat(done.getCount()).as("no handler was asked").isEqualTo(1);
        }
    }
}
