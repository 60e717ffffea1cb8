package io.iocp.model;

import io.iocp.engine.Engine;
import io.iocp.engine.EngineLoop;
import io.iocp.engine.ForwardingEngine;
import io.iocp.engine.ForwardingLoop;
import io.iocp.engine.simulated.SimulatedEngine;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.simulated.WithoutGenerations;
import io.iocp.operation.Operation;

/** Bugs that the random programs must find, each in a wrapper around the simulated engine. */
enum PlantedBug {
    NONE,
    /** A wake-up is lost now and then. */
    LOST_WAKEUP,
    /** What the library lent an operation goes back when it is cancelled, while the kernel still has it. */
    FREED_ON_CANCEL,
    /** A completion is taken for whatever request is in its slot now. */
    NO_GENERATIONS;

    Engine engine(SimulatedNetwork network) {
        Engine real = this == NO_GENERATIONS ? WithoutGenerations.engine(network) : new SimulatedEngine(network);
        return new ForwardingEngine(real, loop -> new Loop(loop, this));
    }

    private static final class Loop extends ForwardingLoop {
        private final PlantedBug bug;
        private int wakeups;

        Loop(EngineLoop real, PlantedBug bug) {
            super(real);
            this.bug = bug;
        }

        @Override
        public void cancel(Operation operation) {
            if (bug == FREED_ON_CANCEL) {
                operation.settle();
            }
            super.cancel(operation);
        }

        @Override
        public void wakeup() {
            if (bug != LOST_WAKEUP || ++wakeups % 3 != 0) {
                super.wakeup();
            }
        }
    }
}
