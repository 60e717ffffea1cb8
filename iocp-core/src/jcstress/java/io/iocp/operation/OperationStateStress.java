package io.iocp.operation;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.net.InetSocketAddress;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The state of an operation when its holder and other threads change it at once. */
final class OperationStateStress {
    private OperationStateStress() {}

    private static Operation started() {
        Operation operation = new Receive("packet");
        operation.begin(null);
        operation.started();
        return operation;
    }

    /** The holder gives it to the engine while somebody cancels it. It is in flight all the time, so there is something to cancel. */
    @JCStressTest
    @Outcome(id = "true, true, CANCELLING", expect = ACCEPTABLE, desc = "submitted first, then cancelled")
    @Outcome(id = "false, true, CANCELLING", expect = ACCEPTABLE, desc = "cancelled before the engine had it")
    @Outcome(expect = FORBIDDEN, desc = "the cancel found nothing to cancel, or was forgotten")
    @State
    public static class SubmittedOrCancelled {
        private final Operation operation = started();

        @Actor
        public void holder(ZZL_Result r) {
            r.r1 = operation.submitted();
        }

        @Actor
        public void canceller(ZZL_Result r) {
            r.r2 = operation.requestCancel();
        }

        @Arbiter
        public void end(ZZL_Result r) {
            r.r3 = operation.state();
        }
    }

    /** It is submitted and completes while somebody cancels it. */
    @JCStressTest
    @Outcome(id = "true, false, COMPLETED", expect = ACCEPTABLE, desc = "the cancel came too late")
    @Outcome(
            id = "true, true, COMPLETED",
            expect = ACCEPTABLE,
            desc = "cancelled in the engine; the completion decides")
    @Outcome(id = "false, true, COMPLETED", expect = ACCEPTABLE, desc = "cancelled before the engine had it")
    @Outcome(expect = FORBIDDEN, desc = "not completed in the end, or held back without a cancel")
    @State
    public static class CompletedOrCancelled {
        private final Operation operation = started();

        @Actor
        public void holder(ZZL_Result r) {
            r.r1 = operation.submitted();
            operation.complete();
        }

        @Actor
        public void canceller(ZZL_Result r) {
            r.r2 = operation.requestCancel();
        }

        @Arbiter
        public void end(ZZL_Result r) {
            r.r3 = operation.state();
        }
    }

    /** Two threads cancel at once. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "one of them did it")
    @Outcome(expect = FORBIDDEN, desc = "counted twice, or not at all")
    @State
    public static class TwoCancels {
        private final Operation operation = started();

        public TwoCancels() {
            operation.submitted();
        }

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = operation.requestCancel();
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = operation.requestCancel();
        }
    }

    /** Two threads start with the same packet at once. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = ACCEPTABLE,
            desc = "one started it, one was refused")
    @Outcome(expect = FORBIDDEN, desc = "in flight twice, or refused for nothing")
    @State
    public static class TwoStarts {
        private final Operation operation = new Receive("packet");

        @Actor
        public void one(ZZ_Result r) {
            r.r1 = begins();
        }

        @Actor
        public void other(ZZ_Result r) {
            r.r2 = begins();
        }

        private boolean begins() {
            try {
                operation.begin(null);
                return true;
            } catch (IllegalStateException refused) {
                return false;
            }
        }
    }

    /** Who finds a packet free again sees the results that its holder had written. */
    @JCStressTest
    @Outcome(id = "false, false, 0", expect = ACCEPTABLE, desc = "still in flight")
    @Outcome(id = "true, true, 42", expect = ACCEPTABLE, desc = "delivered, with its results")
    @Outcome(expect = FORBIDDEN, desc = "delivered, and the results are not there")
    @State
    public static class ResultsAfterDelivery {
        private final Operation operation = started();

        @Actor
        public void holder() {
            operation.bytes = 42;
            operation.complete();
            operation.deliver();
        }

        @Actor
        public void owner(ZZL_Result r) {
            boolean free = !operation.isPending();
            r.r1 = free;
            r.r2 = free;
            r.r3 = free ? operation.bytes : 0L;
        }
    }

    /**
     * Somebody cancels group 1 while the one operation of that group ends and is started anew, in group 2. What he found in
     * a list is not what he meant any more, and must not be cancelled.
     */
    @JCStressTest
    @Outcome(id = "true, true, STARTED", expect = ACCEPTABLE, desc = "cancelled in time; the next start goes on")
    @Outcome(id = "true, false, STARTED", expect = ACCEPTABLE, desc = "too late for group 1; the next start goes on")
    @Outcome(expect = FORBIDDEN, desc = "cancelled in group 2, or said so and did not")
    @State
    public static class StaleGroupCancel {
        private final Endpoint endpoint = new Nowhere();
        private final Operation operation = new Receive("packet");

        public StaleGroupCancel() {
            start(1);
        }

        private void start(long group) {
            operation.begin(endpoint);
            operation.groupId(group);
            operation.started();
        }

        @Actor
        public void holder(ZZL_Result r) {
            operation.complete();
            operation.deliver();
            start(2);
            r.r1 = true;
        }

        @Actor
        public void canceller(ZZL_Result r) {
            r.r2 = operation.requestCancel(endpoint, 1L);
        }

        @Arbiter
        public void end(ZZL_Result r) {
            r.r3 = operation.state();
        }
    }

    /** A connection of no engine. */
    private static final class Nowhere extends Endpoint {
        private static final InetSocketAddress NOWHERE = new InetSocketAddress(0);

        Nowhere() {
            super(Kind.CONNECTION, NOWHERE, NOWHERE);
        }
    }
}
