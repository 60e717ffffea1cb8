package io.iocp;

import io.iocp.operation.TransmitFlag;
import io.iocp.operation.TransmitWorker;
import java.util.List;
import java.util.Set;

/**
 * What {@link Connection#transmitPackets} and {@link DatagramHandle#transmitPackets} send: elements, in order.
 *
 * <p>On a connection the end of a packet is only a hint: what was sent is pushed out, but a stream has no boundaries. Datagrams
 * are exactly what lies between two of them.
 *
 * @param elements in the order in which they are sent
 * @param sendSize bytes of a file that are read and sent at once where it has to be read, 0 for 128 KiB, more than 1 MiB means 1
 *     MiB; or {@link #CALLER_CONTROLLED}
 * @param flags what becomes of the connection afterwards; a datagram handle takes none
 * @param worker who is to do the work; a hint
 * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_transmitpackets">TransmitPackets
 *     (Windows)</a>
 */
public record TransmitPacketsRequest(
        List<TransmitElement> elements, int sendSize, Set<TransmitFlag> flags, TransmitWorker worker) {

    /** As a send size: only the ends of packets say what is sent at once. */
    public static final int CALLER_CONTROLLED = -1;

    /** @throws IllegalArgumentException if the send size is out of its bounds */
    public TransmitPacketsRequest {
        if (sendSize < CALLER_CONTROLLED) {
            throw new IllegalArgumentException(
                    "the send size must be positive, 0 for the default, or CALLER_CONTROLLED: " + sendSize);
        }
        elements = List.copyOf(elements);
        flags = Set.copyOf(flags);
    }

    /** These elements, and everything else as it is by default. */
    public static TransmitPacketsRequest of(List<? extends TransmitElement> elements) {
        return new TransmitPacketsRequest(List.copyOf(elements), 0, Set.of(), TransmitWorker.DEFAULT);
    }

    /** The same with another send size. */
    public TransmitPacketsRequest sendSize(int bytes) {
        return new TransmitPacketsRequest(elements, bytes, flags, worker);
    }

    /** The same with these flags. */
    public TransmitPacketsRequest flags(TransmitFlag... newFlags) {
        return new TransmitPacketsRequest(elements, sendSize, Set.of(newFlags), worker);
    }

    /** The same, done by this one. */
    public TransmitPacketsRequest worker(TransmitWorker newWorker) {
        return new TransmitPacketsRequest(elements, sendSize, flags, newWorker);
    }
}
