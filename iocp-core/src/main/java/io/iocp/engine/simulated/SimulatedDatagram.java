package io.iocp.engine.simulated;

import io.iocp.operation.DatagramOptions;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.SocketOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A datagram endpoint and the datagrams that wait to be received, in the order in which they were sent. Thread: whoever has the
 * network's lock.
 */
final class SimulatedDatagram extends SimulatedEndpoint {
    /** What waits beyond this is dropped, as when the receive buffer of a socket is full. */
    private static final int MOST_WAITING = 1024;

    /** A datagram under way. */
    private record Waiting(SocketAddress sender, MemorySegment bytes) {}

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    final SocketOptions options;

    /** The network has reported that nobody listens where a datagram went: the next operation is told. */
    private boolean refused;

    SimulatedDatagram(SocketAddress local, DatagramOptions options) {
        super(Kind.DATAGRAM, local, options.peer());
        this.options = options.socket();
        receiveBufferSize = options.receiveBufferSize();
    }

    /** A datagram has come; from anybody but the peer it is dropped. */
    void arrived(SocketAddress sender, MemorySegment bytes) {
        boolean wanted = remoteAddress() == null || sender.equals(remoteAddress());
        if (wanted && waiting.size() < MOST_WAITING) {
            waiting.add(new Waiting(sender, bytes));
            touch();
        }
    }

    /** Takes the oldest datagram, as much of it as there is room for; null if there is none. */
    byte @Nullable [] receive(DatagramReceive receive) {
        Waiting first = waiting.poll();
        if (first == null) {
            return null;
        }
        long length = Math.min(first.bytes.byteSize(), receive.memory.byteSize());
        receive.peer = first.sender;
        receive.truncated = length < first.bytes.byteSize();
        return first.bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The network has found nobody for what was sent; only who has a peer is told, as with UDP. */
    void nobodyThere() {
        if (remoteAddress() != null) {
            refused = true;
            touch();
        }
    }

    /** Whether the network has reported that nobody was there; it is told once. */
    boolean takeRefusal() {
        boolean told = refused;
        refused = false;
        return told;
    }

    /** Nothing comes here any more. */
    void shutDown() {
        shutDown = true;
        waiting.clear();
        touch();
    }
}
