package io.iocp.engine.simulated;

import io.iocp.operation.ListenOptions;
import io.iocp.operation.SocketOptions;
import java.net.SocketAddress;
import java.util.ArrayDeque;

/** A listening endpoint and the connections that wait to be accepted. Thread: whoever has the network's lock. */
final class SimulatedListener extends SimulatedEndpoint {
    final ArrayDeque<SimulatedConnection> backlog = new ArrayDeque<>();
    private final int mostWaiting;

    /** What its connections get. */
    final SocketOptions options;

    SimulatedListener(SocketAddress local, ListenOptions options) {
        super(Kind.LISTENER, local, null);
        mostWaiting = options.backlog();
        this.options = options.socket();
        receiveBufferSize = options.receiveBufferSize();
    }

    boolean hasRoom() {
        return backlog.size() < mostWaiting;
    }

    /** Whether a connection to this address comes here. */
    boolean serves(SocketAddress wanted) {
        return serves(wanted, options.ipv6Only());
    }
}
