package io.iocp.engine.simulated;

import io.iocp.operation.ListenOptions;
import io.iocp.operation.SocketOptions;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

    /** Whether a connection to this address comes here; the IPv6 wildcard takes IPv4 too, a path is a name. */
    boolean serves(SocketAddress wanted) {
        if (!(localAddress() instanceof InetSocketAddress local && wanted instanceof InetSocketAddress to)) {
            return localAddress().equals(wanted);
        }
        InetAddress own = local.getAddress();
        InetAddress other = to.getAddress();
        if (local.getPort() != to.getPort()) {
            return false;
        }
        if (own.isAnyLocalAddress()) {
            return other instanceof Inet4Address
                    ? own instanceof Inet4Address || !options.ipv6Only()
                    : !(own instanceof Inet4Address);
        }
        return own.equals(other);
    }
}
