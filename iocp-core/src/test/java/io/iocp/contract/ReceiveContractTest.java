package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.ConnectionResetException;
import io.iocp.EachEngine;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
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
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** Receives that are started one by one. */
class ReceiveContractTest {

    @EachEngine
    @DisplayName("39: a receive that waits completes when bytes come")
    void shouldCompleteAPendingReceiveWhenBytesCome(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO("mine");
            link.connection().receive(io);
            assertThat(port.poll()).isNull();
            link.peerSends("hello");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            Packet packet = Packet.of(io);
            assertThat(packet.kind()).isEqualTo(OperationKind.RECEIVE);
            assertThat(packet.status()).isEqualTo(Status.OK);
            assertThat(packet.bytes()).isEqualTo(5);
            assertThat(packet.text()).isEqualTo("hello");
            assertThat(packet.key()).isEqualTo("key");
            assertThat(packet.attachment()).isEqualTo("mine");
            assertThat(packet.more()).isFalse();
            assertThat(io.connection()).isSameAs(link.connection());
            io.release();
        }
    }

    @EachEngine
    @DisplayName("40: a receive of bytes that are there already completes with a packet as well")
    void shouldPostAPacketWhenTheBytesWereThereBefore(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.peerSends("early");
            link.connection().receive(new OverlappedIO());
            assertThat(Packet.of(port.poll(PortFixture.DEADLINE)).text()).isEqualTo("early");
        }
    }

    @EachEngine
    @DisplayName("43: an orderly close of the peer is EOF, and EOF again")
    void shouldReportTheEndOfTheStreamEveryTime(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.peerSends("last");
            link.peerFinishes();
            link.connection().receive(io);
            assertThat(Packet.of(port.poll(PortFixture.DEADLINE)).text()).isEqualTo("last");
            for (int i = 0; i < 3; i++) {
                link.connection().receive(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.EOF);
                assertThat(io.bytesTransferred()).isZero();
                assertThat(io.failure()).isNull();
                assertThat(io.data().remaining()).isZero();
            }
        }
    }

    @EachEngine
    @DisplayName("44: a reset while a receive waits is RESET with key and operation, and every later receive too")
    void shouldReportAResetEveryTime(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            link.connection().receive(io);
            link.peerResets();
            for (int i = 0; i < 4; i++) {
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
                assertThat(io.key()).isEqualTo("key");
                assertThat(io.bytesTransferred()).isZero();
                assertThat(io.failure()).isInstanceOf(ConnectionResetException.class);
                assertThatThrownBy(io::orThrow).isInstanceOf(ConnectionResetException.class);
                link.connection().receive(io);
            }
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            // The other direction is as broken.
            link.connection().send(io, StandardCharsets.US_ASCII.encode("x"));
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.RESET);
        }
    }

    @EachEngine
    @DisplayName("44: ten receives that wait when the reset comes all report it, in their order")
    void shouldReportAResetToAllThatWait(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < 10; i++) {
                link.connection().receive(new OverlappedIO(i));
            }
            link.peerResets();
            for (int i = 0; i < 10; i++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                assertThat(io.attachment()).isEqualTo(i);
                assertThat(io.sequence()).isEqualTo(i);
                assertThat(io.status()).isEqualTo(Status.RESET);
            }
        }
    }

    @EachEngine
    @DisplayName("45: a reset that came before the start is RESET, never EOF")
    void shouldReportAResetThatCameBeforeTheStart(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.peerResets();
            for (int i = 0; i < 3; i++) {
                OverlappedIO io = new OverlappedIO();
                link.connection().receive(io);
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(io.status()).isEqualTo(Status.RESET);
            }
        }
    }

    @EachEngine
    @DisplayName("a reset that a send found is no end of stream for the receives that follow")
    void shouldNotTakeAResetThatASendFoundForTheEndOfTheStream(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            link.peerResets();
            OverlappedIO send = new OverlappedIO();
            Status status = Status.OK;
            while (status == Status.OK) {
                link.connection().send(send, StandardCharsets.US_ASCII.encode("x"));
                status = port.take().status();
            }
            assertThat(status).isEqualTo(Status.RESET);
            OverlappedIO receive = new OverlappedIO();
            link.connection().receive(receive);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(receive);
            assertThat(receive.status()).isEqualTo(Status.RESET);
        }
    }

    @EachEngine
    @DisplayName("46: a receive on a handle of no port throws and brings no packet")
    void shouldRefuseAReceiveOnAHandleOfNoPort(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            var listener = fixture.listen(port, "listener");
            listener.accept(new OverlappedIO());
            fixture.connect(listener);
            var connection = port.take().accepted();
            OverlappedIO io = new OverlappedIO();
            assertThatThrownBy(() -> connection.receive(io))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("associate");
            assertThat(io.isPending()).isFalse();
            assertThat(port.poll()).isNull();
            connection.close();
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @EachEngine
    @DisplayName("47: ten receives wait and ten single bytes come: filled and completed in the order of the starts")
    void shouldFillPendingReceivesInTheOrderOfTheirStarts(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            MemorySegment memory = Arena.global().allocate(10);
            for (int i = 0; i < 10; i++) {
                link.connection().receive(new OverlappedIO(i), memory.asSlice(i, 1));
            }
            for (int i = 0; i < 10; i++) {
                link.peerSends(String.valueOf((char) ('a' + i)));
            }
            expectInOrder(port, 10, "abcdefghij");
        }
    }

    @EachEngine
    @DisplayName("48: the same with one segment of ten bytes")
    void shouldFillPendingReceivesInOrderFromOneSegment(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            for (int i = 0; i < 10; i++) {
                link.connection().receive(new OverlappedIO(i), MemorySegment.ofArray(new byte[1]));
            }
            link.peerSends("abcdefghij");
            expectInOrder(port, 10, "abcdefghij");
        }
    }

    private static void expectInOrder(CompletionPort port, int count, String bytes) throws InterruptedException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < count; i++) {
            OverlappedIO io = port.poll(PortFixture.DEADLINE);
            assertThat(io).isNotNull();
            assertThat(io.attachment()).isEqualTo(i);
            assertThat(io.sequence()).isEqualTo(i);
            assertThat(io.status()).isEqualTo(Status.OK);
            all.append(Packet.of(io).text());
        }
        assertThat(all).hasToString(bytes);
    }

    @EachEngine
    @DisplayName("55: two threads start receives at once: each gets a packet, disjoint bytes, none lost")
    void shouldGiveTwoThreadsDisjointBytes(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(packets)) {
            Link link = fixture.link(port, "key");
            int each = 500;
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < each; i++) {
                        start(() -> link.connection().receive(new OverlappedIO(), MemorySegment.ofArray(new byte[4])));
                    }
                }));
            }
            StringBuilder sent = new StringBuilder();
            for (int i = 0; i < 2 * each; i++) {
                sent.append(String.format("%04d", i));
            }
            link.peerSends(sent.toString());
            link.peerFinishes();
            for (Thread thread : threads) {
                thread.join();
            }
            List<Packet> all = packets.next(2 * each);
            StringBuilder received = new StringBuilder();
            for (int i = 0; i < all.size(); i++) {
                assertThat(all.get(i).sequence()).isEqualTo(i);
                received.append(all.get(i).text());
            }
            assertThat(received).hasToString(sent.toString());
        }
    }

    interface Starting {
        void run() throws ClosedChannelException;
    }

    static void start(Starting starting) {
        try {
            starting.run();
        } catch (ClosedChannelException e) {
            throw new AssertionError(e);
        }
    }

    @EachEngine
    @DisplayName("a receive fills memory of every kind: heap, shared, global, and pooled")
    void shouldReceiveIntoMemoryOfEveryKind(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                Arena shared = Arena.ofShared()) {
            Link link = fixture.link(port, "key");
            for (MemorySegment memory : List.of(
                    MemorySegment.ofArray(new byte[16]),
                    shared.allocate(16),
                    Arena.ofAuto().allocate(16),
                    Arena.global().allocate(16))) {
                OverlappedIO io = new OverlappedIO();
                link.connection().receive(io, memory);
                link.peerSends("bytes");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                assertThat(Packet.of(io).text()).isEqualTo("bytes");
                assertThat(memory.get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) 's');
                assertThat(memory.get(ValueLayout.JAVA_BYTE, 5)).isZero();
            }
        }
    }

    @EachEngine
    @DisplayName("memory that cannot be used is refused at the start, and the packet is free")
    void shouldRefuseMemoryThatCannotBeUsed(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open();
                Arena confined = Arena.ofConfined()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            for (MemorySegment memory :
                    List.of(MemorySegment.ofArray(new byte[4]).asReadOnly(), confined.allocate(4))) {
                assertThatThrownBy(() -> link.connection().receive(io, memory))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThat(io.isPending()).isFalse();
            link.connection().receive(io);
            assertThatThrownBy(() -> link.connection().receive(io)).isInstanceOf(IllegalStateException.class);
            link.peerSends("x");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
        }
    }

    @EachEngine
    @DisplayName("memory that was freed under a receive is a FAULT, not a crash")
    void shouldReportAFaultWhenTheMemoryIsGone(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO();
            try (Arena arena = Arena.ofShared()) {
                link.connection().receive(io, arena.allocate(16));
            }
            link.peerSends("bytes");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.FAULT);
        }
    }

    @EachEngine
    @DisplayName("118: with two receive buffers a megabyte comes completely and in order")
    void shouldReceiveAMegabyteThroughTwoBuffers(TestEngine engine) throws Exception {
        byte[] sent = new byte[1 << 20];
        new Random(1).nextBytes(sent);
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().receiveBuffers(2))) {
            Link link = fixture.link(port, "key", ListenOptions.defaults().withReceiveBufferSize(1024));
            Thread sender = Thread.ofVirtual()
                    .start(() -> start(() -> {
                        try {
                            link.peerSends(sent);
                            link.peerFinishes();
                        } catch (java.io.IOException e) {
                            throw new AssertionError(e);
                        }
                    }));
            byte[] received = new byte[sent.length];
            int at = 0;
            // Two packets in flight, each keeps its buffer until it is started again.
            OverlappedIO[] ios = {new OverlappedIO(), new OverlappedIO()};
            link.connection().receive(ios[0]);
            link.connection().receive(ios[1]);
            int ends = 0;
            while (ends < 2) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                if (io.status() == Status.EOF) {
                    ends++;
                    continue;
                }
                int length = io.data().remaining();
                io.data().get(0, received, at, length);
                at += length;
                link.connection().receive(io);
            }
            sender.join();
            assertThat(at).isEqualTo(sent.length);
            assertThat(received).isEqualTo(sent);
        }
    }

    @EachEngine
    @DisplayName("starved of buffers a receive waits, and goes on when one is released")
    void shouldGoOnWhenABufferComesBack(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().receiveBuffers(2))) {
            Link link = fixture.link(port, "key");
            List<OverlappedIO> holding = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                OverlappedIO io = new OverlappedIO();
                link.connection().receive(io);
                link.peerSends("x");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
                holding.add(io);
            }
            OverlappedIO starved = new OverlappedIO();
            link.connection().receive(starved);
            link.peerSends("third");
            // One that brings its own memory is not starved, on another connection of the same shard.
            Link other = fixture.link(port, "other");
            OverlappedIO own = new OverlappedIO();
            other.connection().receive(own, MemorySegment.ofArray(new byte[8]));
            other.peerSends("mine");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(own);
            assertThat(port.poll()).isNull();
            holding.getFirst().release();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(starved);
            assertThat(Packet.of(starved).text()).isEqualTo("third");
        }
    }

    @EachEngine
    @DisplayName("a receive that starves for a buffer can be cancelled")
    void shouldCancelAStarvedReceive(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().receiveBuffers(2))) {
            Link link = fixture.link(port, "key");
            OverlappedIO[] holding = {new OverlappedIO(), new OverlappedIO()};
            for (OverlappedIO io : holding) {
                link.connection().receive(io);
                link.peerSends("x");
                assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            }
            OverlappedIO starved = new OverlappedIO();
            link.connection().receive(starved);
            link.peerSends("third");
            assertThat(starved.cancel()).isTrue();
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(starved);
            assertThat(starved.status()).isEqualTo(Status.CANCELLED);
            holding[0].release();
            link.connection().receive(starved);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(starved);
            assertThat(Packet.of(starved).text()).isEqualTo("third");
        }
    }

    @EachEngine
    @DisplayName("37: two handles, two keys: no mix-up under ten thousand operations")
    void shouldNotMixUpTheKeysOfTwoHandles(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open(fixture.options().concurrency(2))) {
            Link[] links = {fixture.link(port, 0), fixture.link(port, 1)};
            OverlappedIO[] receives = new OverlappedIO[2];
            int[] received = new int[2];
            int total = 2500;
            List<Thread> peers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                receives[i] = new OverlappedIO(i);
                links[i].connection().receive(receives[i]);
                Link link = links[i];
                int me = i;
                peers.add(Thread.ofVirtual().start(() -> {
                    try {
                        for (int n = 0; n < total; n++) {
                            link.peerSends(String.valueOf(me));
                            assertThat(link.peerReads(1)).containsExactly('0' + me);
                        }
                    } catch (java.io.IOException e) {
                        throw new AssertionError(e);
                    }
                }));
            }
            OverlappedIO[] sends = {new OverlappedIO(0), new OverlappedIO(1)};
            for (int n = 0; n < 2 * 2 * total; n++) {
                OverlappedIO io = port.poll(PortFixture.DEADLINE);
                assertThat(io).isNotNull();
                int key = (Integer) io.key();
                assertThat(io.attachment()).isEqualTo(key);
                assertThat(io.connection()).isSameAs(links[key].connection());
                if (io.kind() == OperationKind.RECEIVE) {
                    assertThat(Packet.of(io).text()).isEqualTo(String.valueOf(key));
                    received[key]++;
                    links[key].connection().send(sends[key], io.data());
                } else {
                    // Only now: the peer's next byte cannot come before it has read this one.
                    links[key].connection().receive(receives[key]);
                }
            }
            assertThat(received).containsExactly(total, total);
            for (Thread peer : peers) {
                peer.join();
            }
            for (OverlappedIO receive : receives) {
                receive.cancel();
            }
        }
    }
}
