package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Memory;
import io.iocp.linux.Sockets;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Performs each kind of request once, between two sockets on loopback, because a version number or a list of opcodes does not
 * prove that a sandbox or a patched kernel really performs them.
 */
final class UringSelfTest {
    private static final long STEP_NANOS = 2_000_000_000L;
    private static final int GROUP = 0;
    private static final int BYTES = 64;

    private final Libc libc;
    private final Sockets sockets;
    private final Ring ring;

    /** Global, because a step that failed may leave a request that still writes here. */
    private final long source = Arena.global().allocate(4 * BYTES, 8).address();

    private final long target = source + BYTES;
    private final long message = source + 2 * BYTES;
    private final long vectors = source + 3 * BYTES;

    private int listener = -1;
    private int client = -1;
    private int server = -1;
    private int eventfd = -1;

    private String step = "";
    private long lastUserData;

    /** The completion that the step waited for. */
    private int result;

    private int flags;

    private String handOverFault = "not tried";

    /** A step did not do what it should. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    UringSelfTest(Libc libc, Ring ring) {
        this.libc = libc;
        this.sockets = new Sockets(libc);
        this.ring = ring;
    }

    /** Null if all worked, else what did not. */
    @Nullable
    String run() {
        try {
            nop();
            timedWait();
            wakeUp();
            accept();
            receive();
            BufferRing buffers = new BufferRing(libc, ring, GROUP, 2, BYTES);
            receiveIntoProvidedBuffer(buffers);
            receiveMultishot(buffers);
            buffers.unregister();
            send();
            gather();
            handOverFault = handOverOrFault();
            return null;
        } catch (Failed failed) {
            return step + " " + failed.getMessage();
        } catch (LinuxException failed) {
            return step + ": " + failed.getMessage();
        } finally {
            close(server);
            close(client);
            close(listener);
            close(eventfd);
        }
    }

    private void nop() throws Failed {
        step = "a request that does nothing";
        SqeEncoder.nop(sqe(), ++lastUserData);
        awaitResult(lastUserData, 0);
    }

    private void timedWait() throws Failed {
        step = "a wait with a time limit";
        int waited = ring.submitAndWait(1_000_000);
        if (waited != -Errno.ETIME && waited != -Errno.EINTR) {
            throw new Failed("returned " + waited);
        }
    }

    private void wakeUp() throws Failed {
        step = "a wake-up through an eventfd";
        eventfd = libc.eventfd(0, Libc.EFD_CLOEXEC);
        if (eventfd < 0) {
            throw new Failed("failed with " + Errno.name(eventfd));
        }
        SqeEncoder.pollMultishot(sqe(), eventfd, Libc.POLLIN, ++lastUserData);
        ring.submit();
        for (int wake = 0; wake < 2; wake++) {
            libc.wake(eventfd);
            awaitResult(lastUserData, Libc.POLLIN);
        }
        cancel(lastUserData);
    }

    private void accept() throws Failed, LinuxException {
        step = "a multishot accept";
        listener = sockets.listen(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 4);
        SqeEncoder.acceptMultishot(sqe(), listener, ++lastUserData);
        ring.submit();
        client = sockets.connect(sockets.localAddress(listener));
        await(lastUserData);
        if (result < 0 || (flags & UringAbi.CQE_F_MORE) == 0) {
            throw new Failed("completed with " + result + " and flags " + flags);
        }
        server = result;
        cancel(lastUserData);
    }

    private void receive() throws Failed {
        step = "a receive";
        SqeEncoder.receive(sqe(), server, target, BYTES, ++lastUserData);
        ring.submit();
        peerSends(5);
        awaitResult(lastUserData, 5);
        step = "a cancelled receive";
        SqeEncoder.receive(sqe(), server, target, BYTES, ++lastUserData);
        ring.submit();
        cancel(lastUserData);
    }

    private void receiveIntoProvidedBuffer(BufferRing buffers) throws Failed {
        step = "a receive into a provided buffer";
        SqeEncoder.receiveSelecting(sqe(), server, GROUP, ++lastUserData);
        ring.submit();
        peerSends(7);
        awaitResult(lastUserData, 7);
        giveBack(buffers);
    }

    private void receiveMultishot(BufferRing buffers) throws Failed {
        step = "a multishot receive";
        SqeEncoder.receiveMultishot(sqe(), server, GROUP, ++lastUserData);
        ring.submit();
        for (int bytes = 1; bytes <= 3; bytes++) {
            peerSends(bytes);
            awaitResult(lastUserData, bytes);
            giveBack(buffers);
        }
        cancel(lastUserData);
    }

    private void send() throws Failed {
        step = "a send";
        SqeEncoder.send(sqe(), server, source, 9, ++lastUserData);
        awaitResult(lastUserData, 9);
        peerReceives(9);
    }

    private void gather() throws Failed {
        step = "a gathering send";
        for (int i = 0; i < 2; i++) {
            Memory.putLong(vectors + (long) i * UringAbi.IOVEC_BYTES, source);
            Memory.putLong(vectors + (long) i * UringAbi.IOVEC_BYTES + UringAbi.IOVEC_LEN, 4);
        }
        Memory.putLong(message + UringAbi.MSGHDR_IOV, vectors);
        Memory.putLong(message + UringAbi.MSGHDR_IOVLEN, 2);
        SqeEncoder.sendMessage(sqe(), server, message, ++lastUserData);
        awaitResult(lastUserData, 8);
        peerReceives(8);
    }

    /** Why a ring must not change hands; empty if it may. Known once {@link #run} has said that all else works. */
    String handOverFault() {
        return handOverFault;
    }

    private String handOverOrFault() {
        try (Predecessor predecessor = new Predecessor()) {
            handOver(predecessor);
            return "";
        } catch (Failed failed) {
            return step + " " + failed.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return step + " was interrupted";
        } catch (OutOfMemoryError e) {
            return step + ": no second thread can be made";
        }
    }

    /** What another thread has submitted, and does not wait for, is completed for this one, cancelled, and made again. */
    private void handOver(Predecessor predecessor) throws Failed, InterruptedException {
        step = "a receive of a thread that has left the ring to another";
        long theirs = ++lastUserData;
        predecessor.submits(theirs);
        peerSends(3);
        awaitResult(theirs, 3);
        step = "cancelling a receive of a thread that has left the ring to another";
        theirs = ++lastUserData;
        predecessor.submits(theirs);
        SqeEncoder.reportingCancel(sqe(), theirs, ++lastUserData);
        awaitResult(lastUserData, 0);
        step = "a receive in place of another thread's";
        SqeEncoder.receive(sqe(), server, target, BYTES, ++lastUserData);
        ring.submit();
        peerSends(4);
        awaitResult(lastUserData, 4);
    }

    /** A thread that has the ring first, and then sleeps as a handler would. */
    private final class Predecessor implements AutoCloseable {
        private final BlockingQueue<Long> wanted = new ArrayBlockingQueue<>(1);
        private final BlockingQueue<Boolean> submitted = new ArrayBlockingQueue<>(1);
        private final Thread thread =
                Thread.ofPlatform().daemon().name("iocp-self-test").start(this::serve);

        private void serve() {
            try {
                while (true) {
                    long userData = wanted.take();
                    long sqe = ring.submissions().next();
                    if (sqe != 0) {
                        SqeEncoder.receive(sqe, server, target, BYTES, userData);
                    }
                    submitted.add(sqe != 0 && ring.submit() == 1);
                }
            } catch (InterruptedException e) {
                return; // no longer needed
            }
        }

        void submits(long userData) throws Failed, InterruptedException {
            wanted.add(userData);
            Boolean done = submitted.poll(STEP_NANOS, TimeUnit.NANOSECONDS);
            if (done == null || !done) {
                throw new Failed("could not be submitted");
            }
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }

    private void peerSends(int bytes) throws Failed {
        long written = libc.write(client, source, bytes);
        if (written != bytes) {
            throw new Failed("could not be fed: write returned " + written);
        }
    }

    private void peerReceives(int bytes) throws Failed {
        long read = libc.read(client, target, BYTES);
        if (read != bytes) {
            throw new Failed("did not arrive: read returned " + read);
        }
    }

    private void giveBack(BufferRing buffers) throws Failed {
        if ((flags & UringAbi.CQE_F_BUFFER) == 0) {
            throw new Failed("named no buffer");
        }
        int id = flags >>> UringAbi.CQE_BUFFER_SHIFT;
        buffers.take(id);
        buffers.give(id);
    }

    private void cancel(long userData) throws Failed {
        SqeEncoder.cancel(sqe(), userData, ++lastUserData);
        awaitResult(userData, -Errno.ECANCELED);
    }

    private long sqe() throws Failed {
        long sqe = ring.submissions().next();
        if (sqe == 0) {
            throw new Failed("found the submission queue full");
        }
        return sqe;
    }

    private void awaitResult(long userData, int expected) throws Failed {
        await(userData);
        if (result != expected) {
            throw new Failed("completed with " + (result < 0 ? Errno.name(result) : "" + result) + ", not " + expected);
        }
    }

    private void await(long userData) throws Failed {
        long deadline = System.nanoTime() + STEP_NANOS;
        CompletionQueue completions = ring.completions();
        while (true) {
            while (completions.isEmpty()) {
                long left = deadline - System.nanoTime();
                int entered = left <= 0 ? -Errno.ETIME : ring.submitAndWait(left);
                if (entered < 0 && entered != -Errno.EINTR && completions.isEmpty()) {
                    throw new Failed("did not complete: " + Errno.name(entered));
                }
            }
            long cqe = completions.entry(completions.head());
            long completed = CompletionQueue.userData(cqe);
            result = CompletionQueue.result(cqe);
            flags = CompletionQueue.flags(cqe);
            completions.advanceTo(completions.head() + 1);
            if (completed == userData) {
                return;
            }
        }
    }

    private void close(int fd) {
        if (fd >= 0) {
            libc.close(fd);
        }
    }
}
