package io.iocp.engine.simulated;

import io.iocp.operation.Endpoint;
import io.iocp.operation.OpenFile;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of the network in memory, or a file, with the requests that a loop has of it.
 *
 * <p>Thread: whoever has the network's lock.
 */
abstract sealed class SimulatedEndpoint extends Endpoint
        permits SimulatedListener, SimulatedConnection, SimulatedDatagram, SimulatedFile {
    /** The request of the input direction that waits for something to happen. */
    @Nullable
    Request inputRequest;

    /** The request of the output direction that waits for something to happen. */
    @Nullable
    Request outputRequest;

    /** This side has shut it down: what it has in flight ends as cancelled. */
    boolean shutDown;

    /** The descriptor is closed. */
    boolean closed;

    SimulatedEndpoint(OpenFile file) {
        super(file);
    }

    SimulatedEndpoint(Kind kind, SocketAddress local, @Nullable SocketAddress remote) {
        super(kind, local, remote);
    }

    /** Whether what goes to this address comes here; the IPv6 wildcard takes IPv4 too, a path is a name. */
    final boolean serves(SocketAddress wanted, boolean ipv6Only) {
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
                    ? own instanceof Inet4Address || !ipv6Only
                    : !(own instanceof Inet4Address);
        }
        return own.equals(other);
    }

    /** Something happened: what waits is tried again. */
    final void touch() {
        if (inputRequest != null) {
            inputRequest.loop.tryAgain(inputRequest);
        }
        if (outputRequest != null) {
            outputRequest.loop.tryAgain(outputRequest);
        }
    }
}
