package io.iocp.engine.simulated;

/**
 * A test that drives a port step by step: it acts only when the port's loop asks for the next step, so that port, network and
 * test run on one thread, and the same seed gives the same run, to the last packet.
 *
 * <p>What it starts counts as started by a thread that does not hold the shard; what it does within a handler is the
 * handler's. For a port with a concurrency of 1.
 *
 * <p>Thread: the worker that holds the shard, within {@link SimulatedLoop#turn}.
 */
@FunctionalInterface
public interface Stepper {
    /**
     * Does something, or nothing.
     *
     * @param idle true if nothing can happen any more before the next timer unless this call does something. If it does
     *     nothing the clock goes on to that timer; if there is none, the loop asks again
     */
    boolean step(boolean idle);
}
