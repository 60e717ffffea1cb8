package io.iocp.engine.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.iocp.Needs;
import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.Linux;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ring alone, without any operation of ours. */
@Needs("io_uring")
@Timeout(30)
class RingTest {
    private static final int GROUP = 7;

    private final Libc libc =
            assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
    private final ArrayDeque<Runnable> closers = new ArrayDeque<>();

    @AfterEach
    void close() {
        closers.forEach(Runnable::run);
    }

    @Test
    void shouldCompleteTenThousandNopsEachOnceAndInOrder() throws Exception {
        Ring ring = ring(128, 512);
        long expected = 0;
        for (long submitted = 0; submitted < 10_000; ) {
            SqeEncoder.nop(sqe(ring), submitted++);
            if (ring.submissions().room() == 0 || submitted == 10_000) {
                ring.submit();
                expected = reapInOrder(ring, expected);
            }
        }
        assertEquals(10_000, expected);
    }

    @Test
    void shouldOfferNoEntryWhenTheQueueIsFullUntilItIsSubmitted() throws Exception {
        Ring ring = ring(4, 16);
        for (int i = 0; i < 4; i++) {
            SqeEncoder.nop(sqe(ring), i);
        }
        assertEquals(0, ring.submissions().next());
        assertEquals(0, ring.submissions().room());
        assertEquals(4, ring.submit());
        assertNotEquals(0, ring.submissions().next());
    }

    @Test
    void shouldLoseNothingWhenCompletionsOverflowTheirQueue() throws Exception {
        Ring ring = ring(16, 16);
        assertEquals(16, ring.completions().entries());
        long submitted = 0;
        while (submitted < 10_000) {
            for (int i = 0; i < 16; i++) {
                SqeEncoder.nop(sqe(ring), submitted++);
            }
            int taken = ring.submit();
            assertTrue(taken == 16 || taken == -Errno.EBUSY, () -> "took " + taken);
        }
        assertTrue(ring.hasOverflow());
        long reaped = 0;
        while (reaped < submitted) {
            reaped = reapInOrder(ring, reaped);
            ring.submitAndPoll();
        }
        assertFalse(ring.hasOverflow());
        assertEquals(0, ring.completions().lost());
    }

    @Test
    void shouldReturnFromATimedWaitWithoutACompletion() throws Exception {
        Ring ring = ring(4, 16);
        assertEquals(-Errno.ETIME, ring.submitAndWait(1_000_000));
        assertTrue(ring.completions().isEmpty());
    }

    @Test
    void shouldWakeAWaitingThreadThroughItsEventfdAgainAndAgain() throws Exception {
        Ring ring = ring(4, 16);
        int eventfd = libc.eventfd(0, Libc.EFD_CLOEXEC);
        closers.add(() -> libc.close(eventfd));
        SqeEncoder.pollMultishot(sqe(ring), eventfd, Libc.POLLIN, 5);
        ring.submit();
        for (int wake = 0; wake < 100; wake++) {
            Thread waker = Thread.ofPlatform().start(() -> libc.wake(eventfd));
            while (ring.completions().isEmpty()) {
                ring.submitAndWait(-1);
            }
            waker.join();
            ring.submitAndPoll();
            for (int head = ring.completions().head();
                    head != ring.completions().tail();
                    head++) {
                long cqe = ring.completions().entry(head);
                assertEquals(5, CompletionQueue.userData(cqe));
                assertEquals(UringAbi.CQE_F_MORE, CompletionQueue.flags(cqe) & UringAbi.CQE_F_MORE);
            }
            ring.completions().advanceTo(ring.completions().tail());
        }
    }

    @Test
    void shouldServeAnotherThreadAfterItsFirstOwner() throws Exception {
        Ring ring = ring(4, 16);
        SqeEncoder.nop(sqe(ring), 1);
        ring.submit();
        Thread second = Thread.ofPlatform().start(() -> {
            SqeEncoder.nop(sqe(ring), 2);
            ring.submit();
        });
        second.join();
        assertEquals(2, ring.completions().tail() - ring.completions().head());
    }

    @Test
    void shouldReceiveAStreamThroughTwoBuffersWithoutLossOrReordering() throws Exception {
        Ring ring = ring(8, 32);
        BufferRing buffers = new BufferRing(libc, ring, GROUP, 2, 16);
        assertEquals(2, buffers.kernelHeld());
        int[] pair = connectedPair();
        int total = 64 * 1024;
        Thread peer = Thread.ofPlatform().start(() -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(total);
                for (int i = 0; i < total; i++) {
                    bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
                }
                Libc own = assertInstanceOf(Linux.Available.class, Linux.open()).newLibc();
                for (long sent = 0; sent < total; ) {
                    sent += own.write(pair[0], bytes.address() + sent, total - sent);
                }
                own.shutdown(pair[0], Libc.SHUT_WR);
            }
        });
        int received = 0;
        int outOfBuffers = 0;
        boolean armed = false;
        boolean end = false;
        ArrayDeque<Integer> unread = new ArrayDeque<>();
        while (!end) {
            if (!armed) {
                SqeEncoder.receiveMultishot(sqe(ring), pair[1], GROUP, 1);
                armed = true;
            }
            ring.submitAndWait(-1);
            CompletionQueue completions = ring.completions();
            int tail = completions.tail();
            for (int head = completions.head(); head != tail; head++) {
                long cqe = completions.entry(head);
                int result = CompletionQueue.result(cqe);
                int flags = CompletionQueue.flags(cqe);
                armed = (flags & UringAbi.CQE_F_MORE) != 0;
                if ((flags & UringAbi.CQE_F_BUFFER) != 0) {
                    int id = flags >>> UringAbi.CQE_BUFFER_SHIFT;
                    buffers.take(id);
                    MemorySegment segment = buffers.segment(id);
                    for (int i = 0; i < result; i++) {
                        assertEquals((byte) (received++ * 31), segment.get(ValueLayout.JAVA_BYTE, i));
                    }
                    unread.add(id);
                } else if (result == -Errno.ENOBUFS) {
                    outOfBuffers++;
                } else {
                    assertEquals(0, result);
                    end = true;
                }
            }
            completions.advanceTo(tail);
            unread.forEach(buffers::give);
            unread.clear();
        }
        peer.join();
        assertEquals(total, received);
        assertTrue(outOfBuffers > 0, "two buffers were never enough to be used up");
        assertEquals(2, buffers.kernelHeld());
    }

    @Test
    void shouldRefuseABufferThatIsAlreadyLent() throws Exception {
        BufferRing buffers = new BufferRing(libc, ring(4, 16), GROUP, 2, 16);
        assertThrows(IllegalStateException.class, () -> buffers.give(0));
        buffers.take(0);
        assertThrows(IllegalStateException.class, () -> buffers.take(0));
        assertEquals(1, buffers.kernelHeld());
    }

    @Test
    void shouldRefuseANumberOfBuffersThatTheKernelCannotIndex() throws Exception {
        Ring ring = ring(4, 16);
        assertThrows(IllegalArgumentException.class, () -> new BufferRing(libc, ring, GROUP, 3, 16));
        assertThrows(IllegalArgumentException.class, () -> new BufferRing(libc, ring, GROUP, 65536, 16));
    }

    private long reapInOrder(Ring ring, long expected) {
        CompletionQueue completions = ring.completions();
        int tail = completions.tail();
        for (int head = completions.head(); head != tail; head++) {
            assertEquals(expected++, CompletionQueue.userData(completions.entry(head)));
        }
        completions.advanceTo(tail);
        return expected;
    }

    private Ring ring(int submissionEntries, int completionEntries) throws LinuxException {
        Ring ring = Ring.open(libc, submissionEntries, completionEntries);
        closers.addFirst(ring::close);
        return ring;
    }

    private static long sqe(Ring ring) {
        long sqe = ring.submissions().next();
        assertNotEquals(0, sqe, "submission queue full");
        return sqe;
    }

    private int[] connectedPair() throws LinuxException {
        Sockets sockets = new Sockets(libc);
        int listener = sockets.listen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1);
        int client = sockets.connect(sockets.localAddress(listener));
        Ring ring = ring(4, 16);
        SqeEncoder.accept(sqe(ring), listener, 1);
        while (ring.completions().isEmpty()) {
            ring.submitAndWait(-1);
        }
        int server = CompletionQueue.result(
                ring.completions().entry(ring.completions().head()));
        closers.add(() -> libc.close(client));
        closers.add(() -> libc.close(server));
        closers.add(() -> libc.close(listener));
        return new int[] {client, server};
    }
}
