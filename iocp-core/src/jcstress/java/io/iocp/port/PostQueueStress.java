package io.iocp.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.iocp.operation.Post;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The queue of posts: many offer, and of the many who poll one at a time is its consumer. */
final class PostQueueStress {
    private PostQueueStress() {}

    /** 1 or 2; 0 for none. */
    private static int polled(PostQueue queue) {
        Post post = queue.poll();
        return post == null ? 0 : (Integer) post.packet();
    }

    /** As {@link #polled}, by a worker whose handler posts what it was given. */
    private static int polledAndPostedAgain(PostQueue queue) {
        Post post = queue.poll();
        if (post == null) {
            return 0;
        }
        queue.offer(post);
        return (Integer) post.packet();
    }

    /** What is left, one decimal digit each, the oldest first. */
    private static int rest(PostQueue queue) {
        int digits = 0;
        while (!queue.isEmpty()) {
            int next = polled(queue);
            if (next == 0) {
                return -1; // nobody polls at the same time: the turn is stuck
            }
            digits = 10 * digits + next;
        }
        return digits;
    }

    /** Each of two threads offers a post and polls once. */
    @JCStressTest
    @Outcome(
            id = {"0, 1, 2", "0, 2, 1", "1, 0, 2", "2, 0, 1", "1, 2, 0", "2, 1, 0"},
            expect = ACCEPTABLE,
            desc = "each post was polled once")
    @Outcome(expect = FORBIDDEN, desc = "a post was lost or polled twice, or nobody got any, or the queue is stuck")
    @State
    public static class BothOfferAndPoll {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);
        private final Post second = new Post(2);

        @Actor
        public void one(III_Result r) {
            queue.offer(first);
            r.r1 = polled(queue);
        }

        @Actor
        public void other(III_Result r) {
            queue.offer(second);
            r.r2 = polled(queue);
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }

    /** One thread offers two posts, another polls twice meanwhile: what was offered first leaves first. */
    @JCStressTest
    @Outcome(
            id = {"0, 0, 12", "0, 1, 2", "1, 0, 2", "1, 2, 0"},
            expect = ACCEPTABLE,
            desc = "in the order of the offers")
    @Outcome(expect = FORBIDDEN, desc = "overtaken, lost, or polled twice")
    @State
    public static class OrderOfOneProducer {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);
        private final Post second = new Post(2);

        @Actor
        public void producer() {
            queue.offer(first);
            queue.offer(second);
        }

        @Actor
        public void worker(III_Result r) {
            r.r1 = polled(queue);
            r.r2 = polled(queue);
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }

    /** Two poll at once what is there: one of them may be turned away, never both. */
    @JCStressTest
    @Outcome(
            id = {"1, 2", "2, 1"},
            expect = ACCEPTABLE,
            desc = "one after the other")
    @Outcome(
            id = {"1, 0", "0, 1"},
            expect = ACCEPTABLE,
            desc = "one was in the other's way")
    @Outcome(expect = FORBIDDEN, desc = "nobody got anything, or both the same")
    @State
    public static class TwoPollWhatIsThere {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);
        private final Post second = new Post(2);

        public TwoPollWhatIsThere() {
            queue.offer(first);
            queue.offer(second);
        }

        @Actor
        public void worker(II_Result r) {
            r.r1 = polled(queue);
        }

        @Actor
        public void otherWorker(II_Result r) {
            r.r2 = polled(queue);
        }
    }

    /** Of two that wait one is polled, and the arrivals are moved for it: whoever looks meanwhile finds something. */
    @JCStressTest
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "one is left, and seen to be")
    @Outcome(expect = FORBIDDEN, desc = "a worker would have gone to sleep beside a post")
    @State
    public static class LookWhileOneIsPolled {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);
        private final Post second = new Post(2);

        public LookWhileOneIsPolled() {
            queue.offer(first);
            queue.offer(second);
        }

        @Actor
        public void worker(III_Result r) {
            r.r1 = polled(queue);
        }

        @Actor
        public void otherWorker(III_Result r) {
            r.r2 = queue.isEmpty() ? 1 : 0;
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }

    /** Posts come, one of them a shard's own, while the queue is closed: who is not refused is polled. Two actors run anywhere. */
    @JCStressTest
    @Outcome(
            id = {"1, 12", "0, 2"},
            expect = ACCEPTABLE,
            desc = "refused, or there for whoever sees it closed")
    @Outcome(expect = FORBIDDEN, desc = "lost, or polled although refused")
    @State
    public static class OfferWhileItCloses {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);
        private final Post second = new Post(2);

        @Actor
        public void shard(II_Result r) {
            r.r1 = queue.offer(first) ? 1 : 0;
            queue.offerLate(second);
        }

        @Actor
        public void closer() {
            queue.close();
        }

        @Arbiter
        public void end(II_Result r) {
            r.r2 = queue.isClosed() ? rest(queue) : -2;
        }
    }

    /** Who sees the queue closed, and after that empty, ends, as a worker does: nothing may be left then. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the post is refused, the worker has ended")
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "the worker goes on, and finds the post")
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "refused; it is just being closed, and the worker looks again")
    @Outcome(expect = FORBIDDEN, desc = "the worker has ended, and a post is left")
    @State
    public static class EndWhileItCloses {
        private final PostQueue queue = new PostQueue(false);
        private final Post first = new Post(1);

        /** Posts just before it looks, since the moments in which something could be overlooked follow the post's arrival. */
        @Actor
        public void worker(III_Result r) {
            r.r1 = queue.offer(first) ? 1 : 0;
            r.r2 = queue.isClosed() && queue.isEmpty() ? 1 : 0;
        }

        @Actor
        public void closer() {
            queue.close();
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }

    /** A post is polled, run and posted again while another worker has read it as the first, or while one has it on top. */
    @JCStressTest
    @Outcome(
            id = {"1, 2, 312", "1, 2, 321", "2, 1, 312", "2, 1, 321", "1, 0, 231", "0, 1, 231"},
            expect = ACCEPTABLE,
            desc = "in order, each once")
    @Outcome(expect = FORBIDDEN, desc = "lost, doubled, or out of order")
    @State
    public static class PostedAgain {
        private final PostQueue queue = new PostQueue(false);

        public PostedAgain() {
            queue.offer(new Post(1));
            queue.offer(new Post(2));
            queue.offer(new Post(3));
        }

        @Actor
        public void worker(III_Result r) {
            r.r1 = polledAndPostedAgain(queue);
        }

        @Actor
        public void otherWorker(III_Result r) {
            r.r2 = polledAndPostedAgain(queue);
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }

    /** Who asks how many wait changes nothing for those who offer and poll meanwhile, and counts what was there. */
    @JCStressTest
    @Outcome(
            id = {"2, 1, 23", "3, 1, 23"},
            expect = ACCEPTABLE,
            desc = "as it was at some moment; the worker goes on")
    @Outcome(
            id = {"2, 0, 123", "3, 0, 123"},
            expect = ACCEPTABLE,
            desc = "in the worker's way")
    @Outcome(expect = FORBIDDEN, desc = "lost, doubled, out of order, or a number that never was")
    @State
    public static class SizeWhileOthersOfferAndPoll {
        private final PostQueue queue = new PostQueue(false);
        private final Post third = new Post(3);

        public SizeWhileOthersOfferAndPoll() {
            queue.offer(new Post(1));
            queue.offer(new Post(2));
        }

        @Actor
        public void reader(III_Result r) {
            r.r1 = queue.size();
        }

        @Actor
        public void worker(III_Result r) {
            queue.offer(third);
            r.r2 = polled(queue);
        }

        @Arbiter
        public void end(III_Result r) {
            r.r3 = rest(queue);
        }
    }
}
