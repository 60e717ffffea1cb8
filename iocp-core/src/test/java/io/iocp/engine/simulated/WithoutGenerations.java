package io.iocp.engine.simulated;

import io.iocp.engine.Engine;
import org.jspecify.annotations.Nullable;

/** A planted bug: the loop takes a completion for whatever request is in the slot now. */
public final class WithoutGenerations {
    private WithoutGenerations() {}

    private static final class Forgetful extends Requests {
        @Override
        @Nullable
        Request find(long userData) {
            return inSlot(userData);
        }
    }

    public static Engine engine(SimulatedNetwork network) {
        return new SimulatedEngine(network, Forgetful::new);
    }
}
