package io.iocp.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a simulated network does that a real one does seldom, and how often: each rate is a probability from 0 (never) to less
 * than 1 at each occasion. -1, the default, leaves the preset's rate.
 */
@Documented
@Target({})
@Retention(RetentionPolicy.RUNTIME)
public @interface SimulatedFaults {

    /** The rates of all that is not given here. */
    FaultPreset preset() default FaultPreset.TIMING;

    /** A completion comes late; those of other operations overtake it, those of the same direction never do. */
    double delay() default -1;

    /** Passes of the engine that a delay lasts at most; at least 1. */
    int mostDelay() default -1;

    /** What is ready at one time is done in another order. */
    double reorder() default -1;

    /** The network takes fewer bytes of a send at once than it could; the rest follows. */
    double shortSend() default -1;

    /** A receive brings fewer bytes than have come; the rest follows. */
    double shortReceive() default -1;

    /** No receive buffer is free (ENOBUFS): the receive waits for one. */
    double noBuffer() default -1;

    /** A connection is reset under a transfer, for both sides. */
    double reset() default -1;

    /** A transfer fails with an input/output error (EIO). */
    double ioError() default -1;

    /** No descriptor is free for an accepted connection (EMFILE): it stays in the backlog. */
    double noDescriptor() default -1;

    /** A connect of the application's own clients is refused (ECONNREFUSED) although somebody listens. */
    double refused() default -1;

    /** Bytes of each direction of a connection that may be under way; then the sender waits. At least 1. */
    int window() default 1 << 20;

    /**
     * What the faults are drawn from; 0 is another one each time. The system property {@code iocp.seed} goes before both. It is
     * in the log and in the message of a test that fails.
     */
    long seed() default 0;

    /**
     * Whether the client of the test and the port take turns: the client acts once nothing more happens by itself, and while it
     * waits and nothing can happen, time goes on at once, to the next timeout of either. Then the seed makes the run, to the last
     * byte, and an idle timeout of an hour costs no hour. The port has one shard then, and does not look for handlers that block.
     * For tests whose clients are used by one thread, without TLS, and handlers that leave nothing to other threads.
     */
    boolean takingTurns() default false;
}
