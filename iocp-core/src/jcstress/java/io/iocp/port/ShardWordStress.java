package io.iocp.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZI_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A shard that changes hands: never two holders, and the new one sees what the old one wrote. */
final class ShardWordStress {
    private ShardWordStress() {}

    /** The handler returns while the shard is taken from it. */
    @JCStressTest
    @Outcome(id = "true, false, true", expect = ACCEPTABLE, desc = "the handler was back in time")
    @Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "taken; the old holder was told so")
    @Outcome(expect = FORBIDDEN, desc = "two holders, or none, or the word says otherwise")
    @State
    public static class ReturnAgainstTake {
        private final ShardWord word = new ShardWord();
        private final long mine;

        public ReturnAgainstTake() {
            word.hold(Crew.HOLDER);
            mine = word.enterHandler(Crew.HOLDER);
        }

        @Actor
        public void holder(ZZZ_Result r) {
            r.r1 = word.leaveHandler(mine);
        }

        @Actor
        public void taker(ZZZ_Result r) {
            r.r2 = word.take(mine, Crew.TAKER);
        }

        @Arbiter
        public void end(ZZZ_Result r) {
            r.r3 = word.isHeldInLibraryBy(r.r2 ? Crew.TAKER : Crew.HOLDER);
        }
    }

    /**
     * The handler calls the library and goes on, over and over, while the shard is taken from it with the word that was
     * sampled. What both write plainly shows that they never did at the same time.
     */
    @JCStressTest
    @Outcome(id = "3, false", expect = ACCEPTABLE, desc = "never taken: three calls, three writes")
    @Outcome(
            id = {"10, true", "11, true", "12, true", "13, true"},
            expect = ACCEPTABLE,
            desc = "taken before, between or after the calls; every write is there")
    @Outcome(expect = FORBIDDEN, desc = "both were in the library at once, or a write of the old holder was not seen")
    @State
    public static class CallsAgainstTake {
        private final ShardWord word = new ShardWord();
        private final long mine;

        /** What only the holder may touch. */
        private int plain;

        public CallsAgainstTake() {
            word.hold(Crew.HOLDER);
            mine = word.enterHandler(Crew.HOLDER);
        }

        @Actor
        public void handler() {
            for (int call = 0; call < 3 && word.leaveHandler(mine); call++) {
                plain++;
                word.resumeHandler(mine);
            }
        }

        @Actor
        public void taker(IZ_Result r) {
            r.r2 = word.take(mine, Crew.TAKER);
            if (r.r2) {
                plain += 10;
            }
        }

        @Arbiter
        public void end(IZ_Result r) {
            r.r1 = plain;
        }
    }

    /** What the holder wrote before it entered the handler is there for the one who takes the shard. */
    @JCStressTest
    @Outcome(id = "true, 42", expect = ACCEPTABLE, desc = "taken, with everything the old holder wrote")
    @Outcome(id = "false, 0", expect = ACCEPTABLE, desc = "not in a handler yet")
    @Outcome(expect = FORBIDDEN, desc = "taken without what the old holder wrote")
    @State
    public static class WritesBeforeTheHandler {
        private final ShardWord word = new ShardWord();
        private int plain;

        public WritesBeforeTheHandler() {
            word.hold(Crew.HOLDER);
        }

        @Actor
        public void holder() {
            plain = 42;
            word.enterHandler(Crew.HOLDER);
        }

        @Actor
        public void taker(ZI_Result r) {
            long seen = word.sample();
            r.r1 = ShardWord.isInHandler(seen) && word.take(seen, Crew.TAKER);
            r.r2 = r.r1 ? plain : 0;
        }
    }

    /** The sampled packet is over and the next one runs: a late taker must not get that one. */
    @JCStressTest
    @Outcome(id = "true, false, 2", expect = ACCEPTABLE, desc = "too late: the next packet runs undisturbed")
    @Outcome(id = "false, true, 1", expect = ACCEPTABLE, desc = "taken in time: the old holder never began the next")
    @Outcome(expect = FORBIDDEN, desc = "the shard was taken from a packet that nobody had looked at")
    @State
    public static class LaterPacketAgainstTake {
        private final ShardWord word = new ShardWord();
        private final long mine;
        private int begun = 1;

        public LaterPacketAgainstTake() {
            word.hold(Crew.HOLDER);
            mine = word.enterHandler(Crew.HOLDER);
        }

        @Actor
        public void holder(ZZI_Result r) {
            if (word.leaveHandler(mine)) {
                begun++;
                long next = word.enterHandler(Crew.HOLDER);
                r.r1 = word.sample() == next;
            }
        }

        @Actor
        public void taker(ZZI_Result r) {
            r.r2 = word.take(mine, Crew.TAKER);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = begun;
        }
    }

    /** Two takers with the same sample, as the monitor and the handler itself may be. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "one of them has it")
    @Outcome(expect = FORBIDDEN, desc = "both have it, or none")
    @State
    public static class TwoTakers {
        private final ShardWord word = new ShardWord();
        private final long mine;

        public TwoTakers() {
            word.hold(Crew.HOLDER);
            mine = word.enterHandler(Crew.HOLDER);
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = word.take(mine, Crew.TAKER);
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = word.take(mine, Crew.TAKER);
        }
    }

    /** The new holder falls asleep just when the old one returns from its handler: the return changes nothing. */
    @JCStressTest
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the late return found its packet gone, the shard sleeps")
    @Outcome(expect = FORBIDDEN, desc = "the old holder is back in a shard of somebody else's")
    @State
    public static class LateReturn {
        private final ShardWord word = new ShardWord();
        private final long mine;

        public LateReturn() {
            word.hold(Crew.HOLDER);
            mine = word.enterHandler(Crew.HOLDER);
            word.take(mine, Crew.TAKER);
        }

        @Actor
        public void oldHolder(ZZ_Result r) {
            r.r1 = word.leaveHandler(mine);
        }

        @Actor
        public void newHolder() {
            word.enterHandler(Crew.TAKER);
            word.sleep(Crew.TAKER);
        }

        @Arbiter
        public void end(ZZ_Result r) {
            r.r2 = word.state() == ShardWord.State.SLEEPING && ShardWord.holder(word.sample()) == Crew.TAKER.number();
        }
    }
}
