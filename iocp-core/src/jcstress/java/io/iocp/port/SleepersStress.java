package io.iocp.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.iocp.operation.Post;
import java.lang.invoke.VarHandle;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The wake-up protocol of {@link Shard}, line by line as it stands there: a producer offers, fences and looks who sleeps; a
 * sleeper says that it sleeps, fences and looks once more. Never is something offered, nobody awake, and nobody woken.
 */
final class SleepersStress {
    private static final Post POST = new Post("post");

    private SleepersStress() {}

    /** The part of a shard that sleeps and is woken. */
    private static final class Sleeper implements Sleepers.Member {
        final ShardWord word = new ShardWord();
        int woken;

        Sleeper() {
            word.hold(Crew.HOLDER);
        }

        @Override
        public synchronized boolean wake() {
            boolean mine = word.wake();
            if (mine) {
                woken++; // where the shard wakes its loop
            }
            return mine;
        }

        synchronized int woken() {
            return woken;
        }
    }

    /** A producer of the inbox against its shard, which falls asleep. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "woken for what it had not seen")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before it slept")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen and woken: one round for nothing")
    @Outcome(expect = FORBIDDEN, desc = "offered, asleep, and not woken")
    @State
    public static class InboxAgainstSleep {
        private final ShardWord word = new ShardWord();
        private final MpscUnboundedVarHandleArrayQueue<Object> inbox = new MpscUnboundedVarHandleArrayQueue<>(2);

        public InboxAgainstSleep() {
            word.hold(Crew.HOLDER);
        }

        @Actor
        public void producer(ZZ_Result r) {
            inbox.offer(POST);
            VarHandle.fullFence();
            r.r1 = word.wake();
        }

        @Actor
        public void sleeper(ZZ_Result r) {
            word.sleep(Crew.HOLDER);
            VarHandle.fullFence();
            r.r2 = !inbox.isEmpty();
        }
    }

    /** Two producers wake one sleeper: one of them does it. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "one wake")
    @Outcome(expect = FORBIDDEN, desc = "woken twice, or not at all")
    @State
    public static class OneWakeOnly {
        private final ShardWord word = new ShardWord();

        public OneWakeOnly() {
            word.sleep(Crew.HOLDER);
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = word.wake();
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = word.wake();
        }
    }

    /** A worker comes back by itself just while it is woken: what it does next is not undone by the late wake. */
    @JCStressTest
    @Outcome(
            id = {"true, true", "false, true"},
            expect = ACCEPTABLE,
            desc = "it works")
    @Outcome(expect = FORBIDDEN, desc = "it works, and its word says otherwise")
    @State
    public static class WakeAgainstReturn {
        private final ShardWord word = new ShardWord();

        public WakeAgainstReturn() {
            word.sleep(Crew.HOLDER);
        }

        @Actor
        public void producer(ZZ_Result r) {
            r.r1 = word.wake();
        }

        @Actor
        public void sleeper() {
            word.hold(Crew.HOLDER);
        }

        @Arbiter
        public void end(ZZ_Result r) {
            r.r2 = word.state() == ShardWord.State.LIBRARY;
        }
    }

    /** A post to the port against a worker that falls asleep. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "woken for what it had not seen")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before it slept")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen and woken: one round for nothing")
    @Outcome(expect = FORBIDDEN, desc = "posted, asleep, and not woken")
    @State
    public static class PostAgainstSleep {
        private final PostQueue posts = new PostQueue(false);
        private final Sleepers sleepers = new Sleepers(1);
        private final Sleeper worker = new Sleeper();

        @Actor
        public void poster(ZZ_Result r) {
            posts.offer(POST);
            VarHandle.fullFence();
            r.r1 = !sleepers.isEmpty() && sleepers.wakeOne();
        }

        @Actor
        public void sleeper(ZZ_Result r) {
            worker.word.sleep(Crew.HOLDER);
            sleepers.push(worker);
            VarHandle.fullFence();
            r.r2 = !posts.isEmpty();
        }
    }

    /** Two posts, one sleeper: it is woken once. */
    @JCStressTest
    @Outcome(
            id = {"true, false, 1", "false, true, 1"},
            expect = ACCEPTABLE,
            desc = "one of the posts woke it")
    @Outcome(expect = FORBIDDEN, desc = "woken twice or not at all")
    @State
    public static class TwoPostsOneSleeper {
        private final PostQueue posts = new PostQueue(false);
        private final Sleepers sleepers = new Sleepers(1);
        private final Sleeper worker = new Sleeper();

        public TwoPostsOneSleeper() {
            worker.word.sleep(Crew.HOLDER);
            sleepers.push(worker);
        }

        @Actor
        public void one(ZZI_Result r) {
            r.r1 = posts();
        }

        @Actor
        public void other(ZZI_Result r) {
            r.r2 = posts();
        }

        private boolean posts() {
            posts.offer(POST);
            VarHandle.fullFence();
            return !sleepers.isEmpty() && sleepers.wakeOne();
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = worker.woken();
        }
    }

    /** Two posts, two sleepers: each wakes one, none wakes the other's. */
    @JCStressTest
    @Outcome(id = "true, true, true", expect = ACCEPTABLE, desc = "both are awake")
    @Outcome(expect = FORBIDDEN, desc = "a post woke nobody although somebody slept")
    @State
    public static class TwoPostsTwoSleepers {
        private final PostQueue posts = new PostQueue(false);
        private final Sleepers sleepers = new Sleepers(2);
        private final Sleeper first = new Sleeper();
        private final Sleeper last = new Sleeper();

        public TwoPostsTwoSleepers() {
            first.word.sleep(Crew.HOLDER);
            sleepers.push(first);
            last.word.sleep(Crew.HOLDER);
            sleepers.push(last);
        }

        @Actor
        public void one(ZZZ_Result r) {
            r.r1 = posts();
        }

        @Actor
        public void other(ZZZ_Result r) {
            r.r2 = posts();
        }

        private boolean posts() {
            posts.offer(POST);
            VarHandle.fullFence();
            return !sleepers.isEmpty() && sleepers.wakeOne();
        }

        @Arbiter
        public void end(ZZZ_Result r) {
            r.r3 = first.woken() == 1 && last.woken() == 1 && sleepers.isEmpty();
        }
    }

    /** The worker on top of the stack is woken for its inbox while a post looks for a sleeper: the post wakes the other. */
    @JCStressTest
    @Outcome(id = "true, true, true", expect = ACCEPTABLE, desc = "the inbox woke the last, the post the first")
    @Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "the post had woken the last for both")
    @Outcome(expect = FORBIDDEN, desc = "the post was content with somebody else's wake")
    @State
    public static class PostAgainstInboxOfTheLast {
        private final Sleepers sleepers = new Sleepers(2);
        private final Sleeper first = new Sleeper();
        private final Sleeper last = new Sleeper();

        public PostAgainstInboxOfTheLast() {
            first.word.sleep(Crew.HOLDER);
            sleepers.push(first);
            last.word.sleep(Crew.HOLDER);
            sleepers.push(last);
        }

        @Actor
        public void inbox(ZZZ_Result r) {
            r.r1 = last.wake();
        }

        @Actor
        public void poster(ZZZ_Result r) {
            r.r2 = !sleepers.isEmpty() && sleepers.wakeOne();
        }

        @Arbiter
        public void end(ZZZ_Result r) {
            r.r3 = last.woken() == 1 && first.woken() == (r.r1 ? 1 : 0);
        }
    }

    /** A sleeper leaves the middle of the stack by itself while a post takes from its top. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "the post woke the other")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the post found the one that was just leaving")
    @Outcome(expect = FORBIDDEN, desc = "the stack is wrong afterwards")
    @State
    public static class LeaveTheMiddle {
        private final Sleepers sleepers = new Sleepers(3);
        private final Sleeper bottom = new Sleeper();
        private final Sleeper middle = new Sleeper();
        private final Sleeper top = new Sleeper();

        public LeaveTheMiddle() {
            for (Sleeper each : new Sleeper[] {bottom, middle, top}) {
                each.word.sleep(Crew.HOLDER);
                sleepers.push(each);
            }
        }

        @Actor
        public void leaver() {
            sleepers.remove(middle);
            middle.word.hold(Crew.HOLDER);
        }

        @Actor
        public void poster(ZZ_Result r) {
            sleepers.wakeOne();
            sleepers.wakeOne();
            r.r1 = bottom.woken() == 1;
        }

        @Arbiter
        public void end(ZZ_Result r) {
            int woken = bottom.woken() + middle.woken() + top.woken();
            r.r2 = top.woken() == 1 && woken == 2 && sleepers.size() == (r.r1 ? 0 : 1);
        }
    }
}
