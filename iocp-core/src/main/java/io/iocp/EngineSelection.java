package io.iocp;

import io.iocp.engine.Engine;
import io.iocp.engine.nio.NioEngine;
import io.iocp.engine.simulated.SimulatedEngine;
import io.iocp.engine.simulated.SimulatedNetwork;
import io.iocp.engine.uring.UringEngine;
import io.iocp.engine.uring.UringFeatures;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Picks the engine of a port: io_uring before NIO, each tried before it is taken, and why not is kept.
 *
 * @param engine the one that was picked
 * @param report why
 */
record EngineSelection(Engine engine, EngineReport report) {
    private static final Logger LOG = System.getLogger(CompletionPort.class.getName());

    /**
     * Picks.
     *
     * @throws EngineUnavailableException if io_uring is required and does not work; says why and what helps
     */
    static EngineSelection of(PortOptions options) throws IOException {
        SimulatedNetwork network = options.simulated();
        return network == null ? of(options.engine(), options.name()) : simulated(network, options.name());
    }

    private static EngineSelection simulated(SimulatedNetwork network, String portName) {
        LOG.log(Level.INFO, "port ''{0}'' runs on {1}, chosen by the program", portName, network);
        Engine engine = new SimulatedEngine(network);
        String reason = "chosen by the program: " + network;
        return new EngineSelection(
                engine, new EngineReport("simulated", reason, false, null, null, engine.capabilities()));
    }

    private static EngineSelection of(EngineChoice choice, String portName) throws IOException {
        if (choice == EngineChoice.NIO) {
            // Nothing native is touched: this is also the way out where native access is forbidden.
            LOG.log(Level.INFO, "port ''{0}'' runs on nio, chosen by configuration", portName);
            return nio("chosen by configuration", false, null, null);
        }
        UringFeatures uring = UringFeatures.probe();
        if (uring.available()) {
            Engine engine = new UringEngine(uring);
            String reason = (choice == EngineChoice.IO_URING ? "required by configuration; " : "") + uring.reason();
            LOG.log(Level.INFO, "port ''{0}'' runs on io_uring: {1}", portName, reason);
            return new EngineSelection(
                    engine, new EngineReport("io_uring", reason, false, null, null, engine.capabilities()));
        }
        String cause = uring.cause().isEmpty() ? uring.reason() : uring.reason() + "; likely cause: " + uring.cause();
        if (choice == EngineChoice.IO_URING) {
            throw new EngineUnavailableException(
                    "io_uring is required for port '" + portName + "' but cannot be used: " + cause,
                    cause,
                    uring.remedy());
        }
        // Where there is no Linux nobody expects io_uring.
        return fallback(uring.kernel().isEmpty() ? Level.INFO : Level.WARNING, portName, cause, uring.remedy());
    }

    /** NIO in place of io_uring, which passed its self-test and then could not be opened. */
    static EngineSelection fallback(String portName, IOException failure) {
        return fallback(
                Level.WARNING,
                portName,
                "its rings could not be opened: " + failure.getMessage(),
                "raise the limits of open files and memory, or ask for fewer shards (concurrency)");
    }

    private static EngineSelection fallback(Level level, String portName, String cause, String remedy) {
        LOG.log(level, "port ''{0}'' runs on nio, io_uring cannot be used: {1}; remedy: {2}", portName, cause, remedy);
        return nio("io_uring cannot be used: " + cause, true, cause, remedy);
    }

    private static EngineSelection nio(
            String reason, boolean fallback, @Nullable String cause, @Nullable String remedy) {
        Engine engine = new NioEngine();
        return new EngineSelection(
                engine, new EngineReport("nio", reason, fallback, cause, remedy, engine.capabilities()));
    }
}
