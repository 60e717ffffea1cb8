package io.iocp.spring.test;

import io.iocp.engine.simulated.Faults;

/** Rates that {@link SimulatedFaults} starts from. */
public enum FaultPreset {
    /** Nothing unusual ever happens. */
    NONE,
    /**
     * All that changes only when things happen, often, and no failure: completions come late and overtake each other, sends and
     * receives are short, buffers run out. A correct program gives the same answers.
     */
    TIMING,
    /** {@link #TIMING}, and now and then a reset, an input/output error, no descriptor for a connection. */
    ALL;

    Faults faults() {
        return switch (this) {
            case NONE -> Faults.none();
            case TIMING -> Faults.timing();
            case ALL -> Faults.all();
        };
    }
}
