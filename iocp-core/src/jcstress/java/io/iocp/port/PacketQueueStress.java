package io.iocp.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.iocp.operation.ClosedPortException;
import io.iocp.operation.Operation;
import io.iocp.operation.Post;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.LI_Result;
import org.openjdk.jcstress.infra.results.ZII_Result;

/** The queue of a port without a handler: a packet goes to one waiter, or stays, whatever the waiter does meanwhile. */
final class PacketQueueStress {
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(10);

    private PacketQueueStress() {}

    private static Post packet(int number) {
        Post post = new Post(number);
        post.begin(null);
        post.complete();
        return post;
    }

    /** 0 for none. */
    private static int number(@Nullable Operation packet) {
        return packet == null ? 0 : (Integer) packet.packet();
    }

    private static int taken(PacketQueue queue, long nanos) {
        try {
            return number(queue.take(nanos));
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts", e);
        }
    }

    private static int left(PacketQueue queue) {
        ArrayList<Operation> rest = new ArrayList<>();
        queue.drain(rest, 10);
        int digits = 0;
        for (Operation each : rest) {
            digits = 10 * digits + number(each);
        }
        return digits;
    }

    /** One packet for one who waits: handed over, whether it comes before he sleeps or after. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "he has it")
    @Outcome(expect = FORBIDDEN, desc = "he slept on while a packet was there")
    @State
    public static class HandToWaiter {
        private final PacketQueue queue = new PacketQueue("stress", 1, _ -> {});

        @Actor
        public void poster() {
            queue.enqueue(packet(1));
        }

        @Actor
        public void taker(II_Result r) {
            r.r1 = taken(queue, LONG_NANOS);
        }

        @Arbiter
        public void end(II_Result r) {
            r.r2 = left(queue);
        }
    }

    /** The time of the wait is over just when the packet comes. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "in time")
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "late; the packet stays for the next")
    @Outcome(expect = FORBIDDEN, desc = "handed to one who has left, or to two")
    @State
    public static class HandOverAtTheDeadline {
        private final PacketQueue queue = new PacketQueue("stress", 1, _ -> {});

        @Actor
        public void poster() {
            queue.enqueue(packet(1));
        }

        @Actor
        public void taker(II_Result r) {
            r.r1 = taken(queue, 1);
        }

        @Arbiter
        public void end(II_Result r) {
            r.r2 = left(queue);
        }
    }

    /** The port closes while a packet comes for one who waits. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "he has it, and nobody dropped it")
    @Outcome(id = "closed, 1", expect = ACCEPTABLE, desc = "the close came first: the packet ended as PORT_CLOSED")
    @Outcome(expect = FORBIDDEN, desc = "lost, delivered and dropped, or he never heard of the close")
    @State
    public static class HandOverAndClose {
        private final AtomicInteger dropped = new AtomicInteger();
        private final PacketQueue queue = new PacketQueue("stress", 1, _ -> dropped.incrementAndGet());

        @Actor
        public void poster() {
            queue.enqueue(packet(1));
            queue.close();
        }

        @Actor
        public void taker(LI_Result r) {
            try {
                r.r1 = taken(queue, LONG_NANOS);
            } catch (ClosedPortException closed) {
                r.r1 = "closed";
            }
        }

        @Arbiter
        public void end(LI_Result r) {
            r.r2 = dropped.get();
        }
    }

    /** A close from one thread, a packet from another. */
    @JCStressTest
    @Outcome(id = "true, 1, 0", expect = ACCEPTABLE, desc = "dropped, once, by whoever came last")
    @Outcome(expect = FORBIDDEN, desc = "neither delivered nor dropped, or dropped twice")
    @State
    public static class EnqueueAgainstClose {
        private final AtomicInteger dropped = new AtomicInteger();
        private final PacketQueue queue = new PacketQueue("stress", 1, _ -> dropped.incrementAndGet());
        private final Post packet = packet(1);

        @Actor
        public void poster() {
            queue.enqueue(packet);
        }

        @Actor
        public void closer() {
            queue.close();
        }

        @Arbiter
        public void end(ZII_Result r) {
            r.r1 = !packet.isPending();
            r.r2 = dropped.get();
            r.r3 = queue.size();
        }
    }

    /** Two packets, two who take, and only one may run at once: the other gets his when the first makes room. */
    @JCStressTest
    @Outcome(
            id = {"1, 2", "2, 1"},
            expect = ACCEPTABLE,
            desc = "each packet once, one after the other")
    @Outcome(expect = FORBIDDEN, desc = "lost, doubled, or the one who waits was forgotten")
    @State
    public static class TwoTakersOneMayRun {
        private final PacketQueue queue = new PacketQueue("stress", 1, _ -> {});

        public TwoTakersOneMayRun() {
            queue.enqueue(packet(1));
            queue.enqueue(packet(2));
        }

        @Actor
        public void one(II_Result r) {
            r.r1 = taken(queue, LONG_NANOS);
            queue.blocking(true);
        }

        @Actor
        public void other(II_Result r) {
            r.r2 = taken(queue, LONG_NANOS);
            queue.blocking(true);
        }
    }
}
