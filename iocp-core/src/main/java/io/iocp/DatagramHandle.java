package io.iocp;

import io.iocp.engine.Addresses;
import io.iocp.operation.BufferPool;
import io.iocp.operation.DatagramReceive;
import io.iocp.operation.DatagramSend;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.StartResult;
import io.iocp.operation.Transmit;
import io.iocp.port.Shard;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * Sends and receives datagrams (UDP). Each operation is one datagram, whole; one without bytes is a datagram like any other
 * and ends OK with 0 bytes. What the network loses, doubles or reorders nobody is told of.
 *
 * <p>Several operations may be started; those of a direction complete in the order of their starts. An error is that
 * operation's alone: the handle works on. With a {@linkplain io.iocp.operation.DatagramOptions#peer() peer} the kernel also
 * reports that nobody listens there, to the next operation after the datagram that met nobody: {@link
 * io.iocp.operation.Status#REFUSED}. When a handle is closed, what was not received is dropped.
 *
 * <p>Memory is treated as in {@link Connection}: what may not enter the kernel is copied.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/udp.7.html">udp(7)</a>
 */
public final class DatagramHandle extends Handle {
    /** A receive into memory that is not the kernel's business brings at most this many bytes: more than any datagram has. */
    private static final int MOST_BOUNCED = 64 * 1024;

    DatagramHandle(CompletionPort port, Endpoint endpoint) {
        super(port, endpoint);
    }

    /** Where it is bound: an {@link InetSocketAddress} with its port number. */
    public SocketAddress localAddress() {
        return endpoint().localAddress();
    }

    /** The only one that it receives from and sends to by default; null if it was opened without. */
    public @Nullable SocketAddress peer() {
        return endpoint().remoteAddress();
    }

    /**
     * Starts to receive one datagram into a buffer of the library, of which each receive that was started has one. The bytes
     * are in {@link OverlappedIO#data()}, the sender is {@link OverlappedIO#peer()}; what does not fit into {@link
     * io.iocp.operation.DatagramOptions#receiveBufferSize()} bytes is lost, and {@link OverlappedIO#truncated()} says so.
     *
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     */
    public StartResult receive(OverlappedIO packet) throws ClosedChannelException {
        packet.checkFillsNothing("a datagram is received as it was sent");
        DatagramReceive operation = packet.datagramReceive();
        Shard shard = begin(packet, operation);
        int length = endpoint().receiveBufferSize;
        operation.into(port().buffers().leaseAnyway(length), length);
        return start(shard, operation);
    }

    /**
     * Starts to receive one datagram into {@code buffer}; what does not fit is lost, and {@link OverlappedIO#truncated()} says
     * so.
     *
     * @param buffer not read-only, usable by any thread (not of a confined arena); an empty one takes a datagram all the same
     * @throws IllegalArgumentException if the buffer cannot be used
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     */
    public StartResult receive(OverlappedIO packet, MemorySegment buffer) throws ClosedChannelException {
        packet.checkFillsNothing("a datagram is received as it was sent");
        Connection.checkWritable(port(), buffer);
        DatagramReceive operation = packet.datagramReceive();
        Shard shard = begin(packet, operation);
        if (BufferPool.mayEnterKernel(buffer)) {
            operation.into(buffer);
        } else {
            operation.into(buffer, port().buffers().leaseAnyway((int) Math.min(buffer.byteSize(), MOST_BOUNCED)));
        }
        return start(shard, operation);
    }

    /**
     * Starts to send elements, bytes in memory and stretches of files, to the {@linkplain #peer() peer}: those up to an {@linkplain
     * TransmitElement#endOfPacket() end of packet}, or the last, are one datagram, and one without bytes is not sent. Completes
     * when the kernel has taken all of them, or with an error; {@link OverlappedIO#bytesTransferred()} and {@link
     * OverlappedIO#elementIndex()} say how far it came.
     *
     * @throws IllegalArgumentException if a datagram would have more than 65,507 bytes, if an offset is behind the end of its file,
     *     if a file was opened DIRECT or by another port, or if there are flags, which are for connections
     * @throws java.nio.channels.NonReadableChannelException if a file was not opened for reading
     * @throws IllegalStateException if the handle has no peer or is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle or a file is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_transmitpackets">TransmitPackets
     *     (Windows)</a>
     */
    public StartResult transmitPackets(OverlappedIO packet, TransmitPacketsRequest request)
            throws ClosedChannelException {
        checkPeer();
        if (!request.flags().isEmpty()) {
            throw new IllegalArgumentException(
                    "flags are for connections, and datagrams have none: leave out " + request.flags());
        }
        TransmitPieces pieces = new TransmitPieces(port());
        boolean started = false;
        try {
            long length = 0;
            for (TransmitElement element : request.elements()) {
                pieces.add(element);
                length += pieces.all().getLast().length();
                checkLength(length);
                length = element.endOfPacket() ? 0 : length;
            }
            Transmit operation = packet.of(Transmit.class, Transmit::new);
            Shard shard = begin(packet, operation);
            operation.of(
                    OperationKind.TRANSMIT_PACKETS,
                    pieces.all(),
                    request.sendSize(),
                    request.worker(),
                    port().buffers());
            StartResult result = start(shard, operation);
            started = true;
            return result;
        } finally {
            if (!started) {
                pieces.release();
            }
        }
    }

    /**
     * Starts to send {@code data} as one datagram to the {@linkplain #peer() peer}; completes when the kernel has taken it,
     * which says nothing about its arrival. The bytes are copied now unless they are in the global arena.
     *
     * <p>Engines: with NIO a datagram without bytes ends with IO_ERROR, because the JDK does not send one from a channel that has
     * a peer.
     *
     * @throws IllegalArgumentException if it has more than 65,507 bytes
     * @throws IllegalStateException if the handle has no peer or is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     */
    public StartResult send(OverlappedIO packet, MemorySegment data) throws ClosedChannelException {
        checkPeer();
        return start(packet, data, null);
    }

    /** As {@link #send(OverlappedIO, MemorySegment)}, from the position of {@code data} to its limit, which do not change. */
    public StartResult send(OverlappedIO packet, ByteBuffer data) throws ClosedChannelException {
        checkPeer();
        return start(packet, data, null);
    }

    /**
     * As {@link #send(OverlappedIO, MemorySegment)}, without a copy: the first {@link LeasedBuffer#length()} bytes of a library
     * buffer, whose lease goes to the operation. If this throws, the caller still has the lease.
     */
    public StartResult send(OverlappedIO packet, LeasedBuffer data) throws ClosedChannelException {
        checkPeer();
        return start(packet, data, null);
    }

    /**
     * Starts to send {@code data} as one datagram to {@code to}; completes when the kernel has taken it, which says nothing about
     * its arrival. The bytes are copied now unless they are in the global arena.
     *
     * @param to an {@link InetSocketAddress}, resolved; if the handle has a peer it must be that one
     * @throws IllegalArgumentException if it has more than 65,507 bytes, or {@code to} cannot be sent to from here
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     */
    public StartResult send(OverlappedIO packet, MemorySegment data, SocketAddress to) throws ClosedChannelException {
        return start(packet, data, target(to));
    }

    /** As {@link #send(OverlappedIO, MemorySegment, SocketAddress)}, from the position of {@code data} to its limit. */
    public StartResult send(OverlappedIO packet, ByteBuffer data, SocketAddress to) throws ClosedChannelException {
        return start(packet, data, target(to));
    }

    /** As {@link #send(OverlappedIO, MemorySegment, SocketAddress)}, with the lease going as without an address. */
    public StartResult send(OverlappedIO packet, LeasedBuffer data, SocketAddress to) throws ClosedChannelException {
        return start(packet, data, target(to));
    }

    private StartResult start(OverlappedIO packet, MemorySegment data, @Nullable SocketAddress to)
            throws ClosedChannelException {
        checkLength(data.byteSize());
        if (BufferPool.mayEnterKernel(data)) {
            DatagramSend operation = packet.datagramSend();
            Shard shard = begin(packet, operation);
            operation.one(data, to);
            return start(shard, operation);
        }
        return startCopy(packet, LibraryCopy.of(data, port().buffers()), to);
    }

    private StartResult start(OverlappedIO packet, ByteBuffer data, @Nullable SocketAddress to)
            throws ClosedChannelException {
        checkLength(data.remaining());
        return startCopy(packet, LibraryCopy.of(data, port().buffers()), to);
    }

    private StartResult startCopy(OverlappedIO packet, LeasedBuffer copy, @Nullable SocketAddress to)
            throws ClosedChannelException {
        try {
            return start(packet, copy, to);
        } catch (RuntimeException | Error | ClosedChannelException e) {
            copy.release();
            throw e;
        }
    }

    private StartResult start(OverlappedIO packet, LeasedBuffer data, @Nullable SocketAddress to)
            throws ClosedChannelException {
        checkLength(data.length());
        DatagramSend operation = packet.datagramSend();
        Shard shard = begin(packet, operation, data);
        operation.one(data, to);
        return start(shard, operation);
    }

    private static void checkLength(long bytes) {
        if (bytes > DatagramSend.MOST_BYTES) {
            throw new IllegalArgumentException("a datagram has at most " + DatagramSend.MOST_BYTES
                    + " bytes, and this has " + bytes + ": send it in several");
        }
    }

    private void checkPeer() {
        if (peer() == null) {
            throw new IllegalStateException(
                    this + " has no peer: name one in DatagramOptions.withPeer(...), or send(packet, data, to)");
        }
    }

    /** Where to send, null for the handle's own peer. */
    private @Nullable SocketAddress target(SocketAddress to) {
        SocketAddress peer = peer();
        if (peer != null) {
            if (!peer.equals(to)) {
                throw new IllegalArgumentException(
                        this + " sends to its peer alone, not to " + to + ": open a handle without a peer for that");
            }
            return null;
        }
        checkTarget(localAddress(), to);
        return to;
    }

    /** @throws IllegalArgumentException if a datagram socket cannot be bound to such an address */
    static void checkLocal(SocketAddress local) throws UnknownHostException {
        if (!(local instanceof InetSocketAddress)) {
            throw new IllegalArgumentException("a datagram handle is bound to an IP address, not to " + local);
        }
        Addresses.check("open a datagram handle at", local);
    }

    /** @throws IllegalArgumentException if nothing can be sent from the one address to the other */
    static void checkTarget(SocketAddress local, SocketAddress to) {
        if (!(to instanceof InetSocketAddress ip) || ip.getPort() == 0 || ip.isUnresolved()) {
            throw new IllegalArgumentException(
                    "a datagram goes to an IP address with a port number, resolved, not to " + to);
        }
        boolean fromIpv4 = local instanceof InetSocketAddress own && own.getAddress() instanceof Inet4Address;
        if (fromIpv4 && !(ip.getAddress() instanceof Inet4Address)) {
            throw new IllegalArgumentException("nothing can be sent from the IPv4 address " + local + " to " + to
                    + ": open the handle at an IPv6 address");
        }
    }

    @Override
    public String toString() {
        return "DatagramHandle[" + id() + ", " + localAddress() + "]";
    }
}
