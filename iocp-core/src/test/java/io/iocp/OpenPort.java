package io.iocp;

import io.iocp.engine.Engine;
import java.io.IOException;

/** Opens ports on an engine of the test's own making. */
public final class OpenPort {
    private OpenPort() {}

    public static CompletionPort on(Engine engine, PortOptions options, CompletionHandler handler) throws IOException {
        EngineReport report = new EngineReport(
                engine.capabilities().name(), "made by the test", false, null, null, engine.capabilities());
        return CompletionPort.open(options, handler, new EngineSelection(engine, report));
    }
}
