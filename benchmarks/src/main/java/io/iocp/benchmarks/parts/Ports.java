package io.iocp.benchmarks.parts;

import io.iocp.CompletionHandler;
import io.iocp.CompletionPort;
import io.iocp.PortOptions;
import java.io.IOException;

/** Ports as the parts use them: one shard, on the engine that a port takes by itself. */
final class Ports {
    private Ports() {}

    static PortOptions options() {
        return PortOptions.defaults().concurrency(1).closeHandles(true);
    }

    static CompletionPort open(CompletionHandler handler) throws IOException {
        return CompletionPort.open(options(), handler);
    }

    static CompletionPort openWithHandlersOfHandles() throws IOException {
        return CompletionPort.openWithHandlersOfHandles(options());
    }
}
