package io.iocp.engine;

import io.iocp.operation.Endpoint;
import io.iocp.operation.ListenOptions;
import java.io.IOException;
import java.net.SocketAddress;

/** Opens endpoints and loops of one kind. Thread: any. */
public interface Engine {
    EngineCapabilities capabilities();

    /**
     * Opens a listening endpoint (SO_REUSEADDR, dual stack for the IPv6 wildcard).
     *
     * @param address one that {@link Addresses#check} lets pass
     * @throws java.net.BindException if the address is in use or not of this machine, or its path cannot be made; the message
     *     names the address
     */
    Endpoint listen(SocketAddress address, ListenOptions options) throws IOException;

    /** Closes an endpoint that was never associated: no loop knows it, nothing is in flight on it. */
    void closeUnassociated(Endpoint endpoint);

    /** The clock that timers go by, as {@link System#nanoTime()} counts. */
    default long nanoTime() {
        return System.nanoTime();
    }

    /** Opens a loop that reports to {@code sink}. */
    EngineLoop openLoop(LoopOptions options, CompletionSink sink) throws IOException;
}
