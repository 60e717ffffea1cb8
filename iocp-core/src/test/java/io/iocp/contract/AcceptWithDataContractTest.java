package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.AcceptRequest;
import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.Peer;
import io.iocp.TestEngine;
import io.iocp.operation.ConnectionOptions;
import io.iocp.operation.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;

/** Accepts that bring the first bytes or have a target: semantics 3.1 and 7.4, contract tests 75 to 78 and 81. */
class AcceptWithDataContractTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @EachEngine
    @DisplayName("75: an accept with data completes with the first bytes, however few, and brings both addresses")
    void shouldBringTheFirstBytes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            MemorySegment buffer = MemorySegment.ofArray(new byte[2]);
            for (AcceptRequest request : List.of(AcceptRequest.within(LONG).into(buffer), AcceptRequest.within(LONG))) {
                listener.acceptWithData(new OverlappedIO("accept"), request);
                Peer peer = fixture.connect(listener);
                peer.output().write('1');
                Packets.Packet accept = packets.next();
                assertThat(accept.status()).isEqualTo(Status.OK);
                assertThat(accept.key()).isEqualTo("listener");
                assertThat(accept.bytes()).isEqualTo(1);
                assertThat(accept.text()).isEqualTo("1");
                Connection connection = accept.accepted();
                assertThat(connection.remoteAddress()).isEqualTo(peer.localAddress());
                assertThat(connection.localAddress()).isEqualTo(listener.localAddress());

                port.associate(connection, "connection");
                connection.receive(new OverlappedIO());
                peer.output().write('2');
                assertThat(packets.next().text()).isEqualTo("2");
            }
        }
    }

    @EachEngine
    @DisplayName("first bytes on one shard, the connection on the other: nothing of the first is left behind")
    void shouldMoveToAnotherShard(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            Listener listener = fixture.listen(port, "listener");
            for (int i = 0; i < 40; i++) {
                listener.acceptWithData(new OverlappedIO("accept"), AcceptRequest.within(LONG));
                Peer peer = fixture.connect(listener);
                peer.output().write('1');
                Connection connection = packets.next().accepted();
                port.associate(connection, "connection");
                connection.receive(new OverlappedIO());
                peer.output().write('2');
                assertThat(packets.next().text()).isEqualTo("2");
                if (i % 2 == 0) {
                    connection.closeAndAwait();
                    assertThat(peer.input().read()).isEqualTo(-1);
                }
            }
        }
    }

    @EachEngine
    @DisplayName("first bytes for memory that was freed meanwhile are a fault, and their connection is closed")
    void shouldSayThatTheMemoryIsGone(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO accept = new OverlappedIO();
            try (Arena arena = Arena.ofShared()) {
                listener.acceptWithData(accept, AcceptRequest.within(LONG).into(arena.allocate(10)));
            }
            Peer peer = fixture.connect(listener);
            peer.output().write('1');
            assertThat(packets.next().status()).isEqualTo(Status.FAULT);
            assertThat(peer.input().read()).isEqualTo(-1);
        }
    }

    @EachEngine
    @DisplayName("76: a client that connects and ends its stream is accepted, with 0 bytes")
    void shouldAcceptAClientThatSaysNothing(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.acceptWithData(new OverlappedIO(), AcceptRequest.within(LONG));
            Peer peer = fixture.connect(listener);
            peer.close();
            Packets.Packet accept = packets.next();
            assertThat(accept.status()).isEqualTo(Status.OK);
            assertThat(accept.bytes()).isZero();
            accept.accepted().close();
        }
    }

    @EachEngine
    @DisplayName("77: a silent client times out, the next one is accepted meanwhile")
    void shouldNotWaitForASilentClient(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.acceptWithData(new OverlappedIO("first"), AcceptRequest.within(Duration.ofMillis(300)));
            listener.acceptWithData(new OverlappedIO("second"), AcceptRequest.within(LONG));
            Peer silent = fixture.connect(listener);
            Peer talking = fixture.connect(listener);
            talking.output().write('x');
            Packets.Packet second = packets.next();
            assertThat(second.attachment()).isEqualTo("second");
            assertThat(second.text()).isEqualTo("x");
            second.accepted().close();
            Packets.Packet first = packets.next();
            assertThat(first.status()).isEqualTo(Status.TIMED_OUT);
            assertThat(silent.input().read()).isEqualTo(-1);

            listener.acceptWithData(
                    new OverlappedIO("third"),
                    AcceptRequest.within(Duration.ofMillis(20)).deliveringSilent());
            fixture.connect(listener);
            Packets.Packet third = packets.next();
            assertThat(third.status()).isEqualTo(Status.OK);
            assertThat(third.bytes()).isZero();
            third.accepted().close();
        }
    }

    @EachEngine
    @DisplayName("a client that resets before its first byte is not told of; the accept goes on with the next")
    void shouldGoOnAfterAReset(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            listener.acceptWithData(new OverlappedIO(), AcceptRequest.within(LONG));
            fixture.connect(listener).reset();
            Peer next = fixture.connect(listener);
            next.output().write('n');
            Packets.Packet accept = packets.next();
            assertThat(accept.status()).isEqualTo(Status.OK);
            assertThat(accept.accepted().remoteAddress()).isEqualTo(next.localAddress());
            accept.accepted().close();
        }
    }

    @EachEngine
    @DisplayName(
            "whatever ends an accept that waits for first bytes ends it once: cancel, its time, the listener's close")
    void shouldEndOnce(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            for (int i = 0; i < 30; i++) {
                Listener listener = fixture.listen(port, "listener");
                OverlappedIO io = new OverlappedIO(i);
                if (i % 3 == 1) {
                    io.timeout(Duration.ofMillis(5));
                }
                listener.acceptWithData(io, AcceptRequest.within(LONG));
                Peer peer = fixture.connect(listener);
                if (i % 3 == 0) {
                    io.cancel();
                } else if (i % 3 == 2) {
                    listener.closeAndAwait();
                }
                Packets.Packet ended = packets.next();
                assertThat(ended.status())
                        .isEqualTo(
                                switch (i % 3) {
                                    case 0 -> Status.CANCELLED;
                                    case 1 -> Status.TIMED_OUT;
                                    default -> Status.HANDLE_CLOSED;
                                });
                listener.closeAndAwait();
                peer.close();
            }
        }
    }

    @EachEngine
    @DisplayName("78: closing the target of a pending accept ends it with ABORTED; the listener goes on")
    void shouldEndWithItsTarget(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2), packets)) {
            Listener listener = fixture.listen(port, "listener");
            for (int i = 0; i < 10; i++) {
                Connection target = port.openConnection(ConnectionOptions.defaults());
                port.associate(target, "target");
                listener.accept(new OverlappedIO(i), target);
                target.close();
                Packets.Packet ended = packets.next();
                assertThat(ended.attachment()).isEqualTo(i);
                assertThat(ended.status()).isEqualTo(Status.ABORTED);
            }
            listener.accept(new OverlappedIO());
            fixture.connect(listener);
            packets.next().accepted().close();
        }
    }

    @EachEngine
    @DisplayName("81: a target that is not free is refused, and posts nothing")
    void shouldRefuseATargetInUse(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Listener listener = fixture.listen(port, "listener");
            Connection target = port.openConnection(ConnectionOptions.defaults());
            assertThatThrownBy(() -> listener.accept(new OverlappedIO(), target))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("associate");
            port.associate(target, "target");
            OverlappedIO first = new OverlappedIO();
            listener.accept(first, target);
            OverlappedIO refused = new OverlappedIO();
            assertThatThrownBy(() -> listener.accept(refused, target))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("one accept at a time");
            assertThat(refused.isPending()).isFalse();
            first.cancel();
            assertThat(packets.next().status()).isEqualTo(Status.CANCELLED);
            listener.acceptWithData(
                    refused, AcceptRequest.within(LONG).into(target)); // free again, and so is the packet
            Peer peer = fixture.connect(listener);
            peer.output().write('z');
            Packets.Packet accept = packets.next();
            assertThat(accept.accepted()).isSameAs(target);
            assertThat(accept.text()).isEqualTo("z");
            assertThatThrownBy(() -> listener.accept(first, target)).isInstanceOf(IllegalArgumentException.class);
            target.closeAndAwait();
            assertThatThrownBy(() -> listener.accept(first, target))
                    .isInstanceOfAny(ClosedChannelException.class, IllegalArgumentException.class);
        }
    }
}
