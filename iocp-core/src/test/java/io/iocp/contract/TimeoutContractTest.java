package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iocp.CompletionPort;
import io.iocp.EachEngine;
import io.iocp.Listener;
import io.iocp.OverlappedIO;
import io.iocp.TestEngine;
import io.iocp.contract.Packets.Packet;
import io.iocp.operation.Status;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;

/** The time limit of single operations. */
class TimeoutContractTest {
    private static final Duration SHORT = Duration.ofMillis(100);

    /** Longer than any test waits. */
    private static final Duration LONG = Duration.ofMinutes(10);

    @EachEngine
    @DisplayName(
            "71: a receive with a limit of 100 ms ends with TIMED_OUT, not before; the bytes that come later are whole")
    void shouldEndAReceiveWhenItsTimeIsOver(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO().timeout(SHORT);
            long begin = System.nanoTime();
            link.connection().receive(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SHORT.toNanos());
            assertThat(io.status()).isEqualTo(Status.TIMED_OUT);
            assertThat(io.bytesTransferred()).isZero();
            assertThat(io.failure()).isInstanceOf(InterruptedByTimeoutException.class);
            assertThat(io.cancel()).as("nothing to cancel").isFalse();

            link.connection().receive(io.timeout(null));
            link.peerSends("later");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(Packet.of(io).text()).isEqualTo("later");
        }
    }

    @EachEngine
    @DisplayName("71: a send that nobody reads ends with TIMED_OUT and the bytes that were accepted")
    void shouldKeepThePartialCountOfASend(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            int length = 64 << 20;
            OverlappedIO big = new OverlappedIO("big").timeout(SHORT);
            OverlappedIO next = new OverlappedIO("next");
            link.connection().send(big, Arena.global().allocate(length));
            link.connection().send(next, StandardCharsets.US_ASCII.encode("next"));
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(big);
            assertThat(big.status()).isEqualTo(Status.TIMED_OUT);
            assertThat(big.bytesTransferred()).isBetween(1L, length - 1L);
            byte[] all = link.peerReads((int) big.bytesTransferred() + 4);
            assertThat(new String(all, all.length - 4, 4, StandardCharsets.US_ASCII))
                    .isEqualTo("next");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(next);
        }
    }

    @EachEngine
    @DisplayName("71: the time counts while an operation waits behind another, which goes on")
    void shouldCountTheTimeInTheQueue(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO first = new OverlappedIO("first").timeout(LONG);
            OverlappedIO second = new OverlappedIO("second").timeout(SHORT);
            OverlappedIO third = new OverlappedIO("third");
            link.connection().receive(first);
            link.connection().receive(second);
            link.connection().receive(third);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(second);
            assertThat(second.status()).isEqualTo(Status.TIMED_OUT);
            link.peerSends("1");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(first);
            link.peerSends("3");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(third);
            assertThat(Packet.of(third).text()).isEqualTo("3");
        }
    }

    @EachEngine
    @DisplayName("71: an accept with a limit ends with TIMED_OUT, and the next client is accepted")
    void shouldEndAnAcceptWhenItsTimeIsOver(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Listener listener = fixture.listen(port, "listener");
            OverlappedIO io = new OverlappedIO().timeout(Duration.ofMillis(20));
            listener.accept(io);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.TIMED_OUT);
            listener.accept(io.timeout(LONG));
            fixture.connect(listener);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(io);
            assertThat(io.status()).isEqualTo(Status.OK);
            io.accepted().close();
        }
    }

    @EachEngine
    @DisplayName("72: limits race with data, cancels and a close: one packet each, and every byte once and in order")
    void shouldBringOnePacketWhenTheTimeRacesWithData(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            int bytes = 400;
            Random random = new Random(72);
            Thread peer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < bytes; i++) {
                        // As often as a tick of the timers, so that both meet.
                        java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                        link.peer().output().write(i);
                    }
                    link.peerFinishes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            long started = 0;
            long received = 0;
            boolean end = false;
            OverlappedIO io = new OverlappedIO();
            MemorySegment memory = Arena.global().allocate(3);
            while (!end) {
                io.timeout(Duration.ofNanos(1 + random.nextInt(2_000_000)));
                if (random.nextBoolean()) {
                    link.connection().receive(io);
                } else {
                    link.connection().receive(io, memory);
                }
                started++;
                if (random.nextInt(8) == 0) {
                    io.cancel();
                }
                Packet packet = packets.next();
                for (char c : packet.text().toCharArray()) {
                    assertThat((byte) c).as("byte %d", received).isEqualTo((byte) received);
                    received++;
                }
                assertThat(packet.status()).isIn(Status.OK, Status.TIMED_OUT, Status.CANCELLED, Status.EOF);
                end = packet.status() == Status.EOF;
            }
            peer.join();
            assertThat(received).isEqualTo(bytes);
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(started);
        }
    }

    @EachEngine
    @DisplayName("68: closing a handle ends what has a limit with HANDLE_CLOSED, and the limits are forgotten")
    void shouldEndWithHandleClosedWhateverTheLimit(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            link.connection().receive(new OverlappedIO().timeout(LONG));
            link.connection().receive(new OverlappedIO().timeout(LONG));
            link.connection()
                    .send(new OverlappedIO().timeout(LONG), Arena.global().allocate(64 << 20));
            link.connection().close();
            link.peer().input().transferTo(java.io.OutputStream.nullOutputStream());
            assertThat(packets.next(3)).allSatisfy(p -> assertThat(p.status()).isEqualTo(Status.HANDLE_CLOSED));
            fixture.end(port);
            assertThat(packets.size()).isEqualTo(3);
        }
    }

    @EachEngine
    @DisplayName("a limit that is long over before anything can be tried is kept; one without end is none")
    void shouldTakeLimitsOfAnyLength(TestEngine engine) throws Exception {
        try (PortFixture fixture = new PortFixture(engine);
                CompletionPort port = fixture.open()) {
            Link link = fixture.link(port, "key");
            OverlappedIO brief = new OverlappedIO().timeout(Duration.ofNanos(1));
            link.connection().receive(brief);
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(brief);
            assertThat(brief.status()).isEqualTo(Status.TIMED_OUT);
            OverlappedIO endless = new OverlappedIO().timeout(Duration.ofSeconds(Long.MAX_VALUE));
            assertThat(endless.timeout()).isGreaterThan(Duration.ofDays(36_500));
            link.connection().receive(endless);
            link.peerSends("x");
            assertThat(port.poll(PortFixture.DEADLINE)).isSameAs(endless);
            assertThat(endless.status()).isEqualTo(Status.OK);
            assertThat(new OverlappedIO().timeout(Duration.ZERO).timeout()).isZero();
        }
    }

    @EachEngine
    @DisplayName("a continuous operation refuses a limit, and is not started")
    void shouldRefuseALimitForContinuousOperations(TestEngine engine) throws Exception {
        Packets packets = new Packets();
        try (PortFixture fixture = new PortFixture(engine)) {
            CompletionPort port = fixture.open(packets);
            Link link = fixture.link(port, "key");
            OverlappedIO io = new OverlappedIO().timeout(LONG);
            assertThatThrownBy(() -> link.connection().receiveContinuously(io))
                    .isInstanceOf(IllegalArgumentException.class);
            Listener listener = fixture.listen(port, "listener");
            assertThatThrownBy(() -> listener.acceptContinuously(io)).isInstanceOf(IllegalArgumentException.class);
            assertThat(io.isPending()).isFalse();
        }
    }
}
