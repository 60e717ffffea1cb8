package io.iocp.engine.simulated;

import io.iocp.operation.DatagramOptions;
import io.iocp.operation.DatagramSend;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The datagram endpoints of a simulated network by address. No datagram is lost but where too many wait, none is doubled, and
 * those to one endpoint keep their order.
 *
 * <p>Thread: any; under the network's lock.
 */
final class SimulatedDatagrams {
    private final SimulatedNetwork network;
    private final List<SimulatedDatagram> open = new ArrayList<>();

    SimulatedDatagrams(SimulatedNetwork network) {
        this.network = network;
    }

    SimulatedDatagram open(SocketAddress local, DatagramOptions options) throws BindException {
        InetSocketAddress wanted = (InetSocketAddress) local;
        InetAddress host = wanted.getAddress();
        if (!host.isLoopbackAddress() && !host.isAnyLocalAddress()) {
            throw new BindException(
                    "cannot open a datagram handle at " + local + ": the simulated network has only loopback");
        }
        network.lock.lock();
        try {
            int number = wanted.getPort();
            while (number == 0 || (wanted.getPort() == 0 && isTaken(number, false))) {
                number = network.freePort();
            }
            if (isTaken(number, options.socket().reusePort())) {
                throw new BindException("cannot open a datagram handle at " + local + ": the address is in use");
            }
            SocketAddress peer = options.peer();
            // A socket that is connected has the address from which its peer is reached.
            InetAddress own = peer instanceof InetSocketAddress ip && host.isAnyLocalAddress() ? ip.getAddress() : host;
            SimulatedDatagram datagram = new SimulatedDatagram(new InetSocketAddress(own, number), options);
            open.add(datagram);
            return datagram;
        } finally {
            network.lock.unlock();
        }
    }

    private boolean isTaken(int number, boolean reusePort) {
        for (SimulatedDatagram datagram : open) {
            boolean shared = reusePort && datagram.options.reusePort();
            if (!shared && ((InetSocketAddress) datagram.localAddress()).getPort() == number) {
                return true;
            }
        }
        return false;
    }

    /**
     * Sends a datagram.
     *
     * @return its bytes
     */
    long send(SimulatedDatagram from, DatagramSend send) {
        byte[] bytes = new byte[(int) send.length()];
        int at = 0;
        for (int i = 0; i < send.pieces; i++) {
            MemorySegment piece = send.memory[i];
            MemorySegment.copy(piece, 0, MemorySegment.ofArray(bytes), at, piece.byteSize());
            at += (int) piece.byteSize();
        }
        InetSocketAddress to =
                (InetSocketAddress) Objects.requireNonNull(send.to == null ? from.remoteAddress() : send.to);
        InetSocketAddress local = (InetSocketAddress) from.localAddress();
        InetSocketAddress sender = local.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(to.getAddress(), local.getPort())
                : local;
        SimulatedDatagram target = at(to, sender);
        if (target == null) {
            from.nobodyThere();
        } else {
            target.arrived(sender, MemorySegment.ofArray(bytes));
        }
        return bytes.length;
    }

    /** Who is there: of several that share the address the one that has this sender as its peer, else the first. */
    private @Nullable SimulatedDatagram at(SocketAddress address, SocketAddress sender) {
        SimulatedDatagram found = null;
        for (SimulatedDatagram datagram : open) {
            if (datagram.serves(address, datagram.options.ipv6Only())
                    && (found == null || sender.equals(datagram.remoteAddress()))) {
                found = datagram;
            }
        }
        return found;
    }

    /** First step of a close: nothing comes there any more. */
    void close(SimulatedDatagram datagram) {
        open.remove(datagram);
        datagram.shutDown();
    }
}
