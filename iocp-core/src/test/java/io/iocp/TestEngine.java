package io.iocp;

import io.iocp.engine.simulated.SimulatedNetwork;
import org.jspecify.annotations.Nullable;

/** An engine that {@link EachEngine} runs a test on. */
public enum TestEngine {
    IO_URING(EngineChoice.IO_URING),
    NIO(EngineChoice.NIO),
    /** A network in memory, with every fault that changes only when things happen. */
    SIMULATED(null);

    private final @Nullable EngineChoice choice;

    TestEngine(@Nullable EngineChoice choice) {
        this.choice = choice;
    }

    /** Whether its endpoints are sockets of the machine, which other programs can reach. */
    public boolean sockets() {
        return choice != null;
    }

    /** What a port of this engine is opened with; {@code network} only where there are no sockets. */
    public PortOptions on(SimulatedNetwork network, PortOptions options) {
        return choice == null ? options.simulated(network) : options.engine(choice);
    }

    public static TestEngine of(EngineChoice choice) {
        return valueOf(choice.name());
    }
}
