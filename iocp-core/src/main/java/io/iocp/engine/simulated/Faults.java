package io.iocp.engine.simulated;

/**
 * How often a simulated kernel does what a real one does seldom. Each rate is the probability from 0 (never) to less than 1
 * with which it happens at each occasion.
 *
 * <p>Those up to {@code stale} change only when things happen: a correct program has the same results with them. The last
 * four are failures, which a program sees.
 *
 * @param delay a completion comes late, by up to {@code mostDelay} passes of the loop; completions of other operations
 *     overtake it, those of the same direction never do
 * @param mostDelay passes that a delay lasts at most, also that of a cancel; at least 1
 * @param reorder what is ready at one time is performed in another order
 * @param shortSend fewer bytes are sent at once than could be; the send goes on with the rest by itself
 * @param shortReceive a receive brings fewer bytes than there are
 * @param noBuffer a receive finds no buffer of the engine's, waits and goes on
 * @param lateCancel a cancel is looked at late, so that the completion may win
 * @param unaskedCancel the kernel cancels what nobody asked it to; the engine submits again, and nobody sees it
 * @param streamEnd the kernel ends a continuous operation, which is then submitted again
 * @param lateEnd the last completion of a continuous operation comes late
 * @param spuriousWakeup a wait ends though nothing happened
 * @param stale a completion comes for a request that has ended: the engine must drop it
 * @param reset a connection is reset under a transfer, for both sides
 * @param ioError a transfer fails with EIO
 * @param noDescriptor an accept finds no descriptor free; the connection stays in the backlog
 * @param refused a connect of the port is refused although somebody listens
 */
public record Faults(
        double delay,
        int mostDelay,
        double reorder,
        double shortSend,
        double shortReceive,
        double noBuffer,
        double lateCancel,
        double unaskedCancel,
        double streamEnd,
        double lateEnd,
        double spuriousWakeup,
        double stale,
        double reset,
        double ioError,
        double noDescriptor,
        double refused) {

    public Faults {
        check("delay", delay);
        check("reorder", reorder);
        check("shortSend", shortSend);
        check("shortReceive", shortReceive);
        check("noBuffer", noBuffer);
        check("lateCancel", lateCancel);
        check("unaskedCancel", unaskedCancel);
        check("streamEnd", streamEnd);
        check("lateEnd", lateEnd);
        check("spuriousWakeup", spuriousWakeup);
        check("stale", stale);
        check("reset", reset);
        check("ioError", ioError);
        check("noDescriptor", noDescriptor);
        check("refused", refused);
        if (mostDelay < 1) {
            throw new IllegalArgumentException("mostDelay must be at least 1: " + mostDelay);
        }
    }

    /** Nothing unusual ever happens. */
    public static Faults none() {
        return new Faults(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** All that changes only when things happen, often, and no failure: a correct program cannot tell. */
    public static Faults timing() {
        return new Faults(0.2, 5, 0.5, 0.3, 0.3, 0.1, 0.3, 0.1, 0.05, 0.3, 0.1, 0.1, 0, 0, 0, 0);
    }

    /** {@link #timing()}, and now and then a failure. */
    public static Faults all() {
        return timing().failing(0.01, 0.005, 0.1);
    }

    /** The same with other rates of failure. */
    public Faults failing(double newReset, double newIoError, double newNoDescriptor) {
        return with(shortReceive, newReset, newIoError, newNoDescriptor, refused);
    }

    /** The same, but what was sent at once and fits is received at once, for tests that rely on it as they do on loopback. */
    public Faults withWholeReceives() {
        return with(0, reset, ioError, noDescriptor, refused);
    }

    /** The same, with connects of the port that are refused at this rate. */
    public Faults refusing(double newRefused) {
        return with(shortReceive, reset, ioError, noDescriptor, newRefused);
    }

    private Faults with(
            double newShortReceive, double newReset, double newIoError, double newNoDescriptor, double newRefused) {
        return new Faults(
                delay,
                mostDelay,
                reorder,
                shortSend,
                newShortReceive,
                noBuffer,
                lateCancel,
                unaskedCancel,
                streamEnd,
                lateEnd,
                spuriousWakeup,
                stale,
                newReset,
                newIoError,
                newNoDescriptor,
                newRefused);
    }

    private static void check(String name, double rate) {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException(name + " must be a rate from 0 to less than 1: " + rate);
        }
    }
}
