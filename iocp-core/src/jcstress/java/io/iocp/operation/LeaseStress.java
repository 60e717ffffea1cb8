package io.iocp.operation;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/** The leases of a buffer: it goes back to its owner once, when the last lease ends, and never before. */
final class LeaseStress {
    private static final MemorySegment MEMORY = Arena.global().allocate(8);

    private LeaseStress() {}

    private static boolean ends(LeasedBuffer buffer) {
        try {
            buffer.release();
            return true;
        } catch (IllegalStateException refused) {
            return false;
        }
    }

    private static boolean adds(LeasedBuffer buffer) {
        try {
            buffer.retain();
            return true;
        } catch (IllegalStateException refused) {
            return false;
        }
    }

    /** Each of two holders ends its own lease. */
    @JCStressTest
    @Outcome(id = "true, true, 1", expect = ACCEPTABLE, desc = "given back once")
    @Outcome(expect = FORBIDDEN, desc = "given back twice or never")
    @State
    public static class TwoReleases {
        private final AtomicInteger back = new AtomicInteger();
        private final LeasedBuffer buffer =
                new LeasedBuffer(MEMORY, 0, _ -> back.incrementAndGet()).lease().retain();

        @Actor
        public void one(ZZI_Result r) {
            r.r1 = ends(buffer);
        }

        @Actor
        public void other(ZZI_Result r) {
            r.r2 = ends(buffer);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = back.get();
        }
    }

    /** Two threads end the one lease that there is. */
    @JCStressTest
    @Outcome(
            id = {"true, false, 1", "false, true, 1"},
            expect = ACCEPTABLE,
            desc = "given back once, one was refused")
    @Outcome(expect = FORBIDDEN, desc = "the memory has two owners, or none")
    @State
    public static class OneLeaseTwoReleases {
        private final AtomicInteger back = new AtomicInteger();
        private final LeasedBuffer buffer = new LeasedBuffer(MEMORY, 0, _ -> back.incrementAndGet()).lease();

        @Actor
        public void one(ZZI_Result r) {
            r.r1 = ends(buffer);
        }

        @Actor
        public void other(ZZI_Result r) {
            r.r2 = ends(buffer);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = back.get();
        }
    }

    /** Somebody retains while the last lease ends. */
    @JCStressTest
    @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "retained in time: the memory stays his")
    @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "too late and told so: the memory is the owner's")
    @Outcome(expect = FORBIDDEN, desc = "retained and given back, or neither")
    @State
    public static class RetainOrLastRelease {
        private final AtomicInteger back = new AtomicInteger();
        private final LeasedBuffer buffer = new LeasedBuffer(MEMORY, 0, _ -> back.incrementAndGet()).lease();

        @Actor
        public void retainer(ZI_Result r) {
            r.r1 = adds(buffer);
        }

        @Actor
        public void releaser() {
            ends(buffer);
        }

        @Arbiter
        public void end(ZI_Result r) {
            r.r2 = back.get();
        }
    }

    /** A holder whose lease is long over touches the buffer just while it is given out anew and given back. */
    @JCStressTest
    @Outcome(
            id = {"false, true, 1", "true, true, 1"},
            expect = ACCEPTABLE,
            desc = "the new lease came back once")
    @Outcome(expect = FORBIDDEN, desc = "the stale holder took or lost somebody else's lease")
    @State
    public static class StaleHolder {
        private final AtomicInteger back = new AtomicInteger();
        private final LeasedBuffer buffer = new LeasedBuffer(MEMORY, 0, _ -> back.incrementAndGet());

        @Actor
        public void stale(ZZI_Result r) {
            if (adds(buffer)) {
                r.r1 = true;
                ends(buffer);
            }
        }

        @Actor
        public void next(ZZI_Result r) {
            buffer.lease();
            r.r2 = ends(buffer);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = back.get();
        }
    }
}
