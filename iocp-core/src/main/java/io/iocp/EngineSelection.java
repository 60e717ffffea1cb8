package io.iocp;

import io.iocp.engine.Engine;
import io.iocp.engine.nio.NioEngine;
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
    static EngineSelection of(EngineChoice choice, String portName) throws IOException {
        if (choice == EngineChoice.NIO) {
            // Nothing native is touched: this is also the way out where native access is forbidden.
            return nio("chosen by configuration", false, null, null);
        }
        UringFeatures uring = UringFeatures.probe();
        if (uring.available()) {
            Engine engine = new UringEngine();
            String reason = choice == EngineChoice.IO_URING
                    ? "required by configuration, and it works here: "
                    : "it works here: ";
            return new EngineSelection(
                    engine,
                    new EngineReport("io_uring", reason + uring.reason(), false, null, null, engine.capabilities()));
        }
        String cause = uring.cause().isEmpty() ? uring.reason() : uring.reason() + "; likely cause: " + uring.cause();
        if (choice == EngineChoice.IO_URING) {
            throw new EngineUnavailableException(
                    "io_uring is required for port '" + portName + "' but cannot be used: " + cause,
                    cause,
                    uring.remedy());
        }
        LOG.log(
                Level.WARNING,
                "port ''{0}'' runs on nio, io_uring cannot be used: {1}; remedy: {2}",
                portName,
                cause,
                uring.remedy());
        return nio("io_uring cannot be used: " + cause, true, cause, uring.remedy());
    }

    private static EngineSelection nio(
            String reason, boolean fallback, @Nullable String cause, @Nullable String remedy) {
        Engine engine = new NioEngine();
        return new EngineSelection(
                engine, new EngineReport("nio", reason, fallback, cause, remedy, engine.capabilities()));
    }
}
