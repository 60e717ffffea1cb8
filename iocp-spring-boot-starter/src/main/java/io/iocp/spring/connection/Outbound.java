package io.iocp.spring.connection;

import io.iocp.CompletionPort;
import io.iocp.Connection;
import io.iocp.OverlappedIO;
import io.iocp.SecureConnection;
import io.iocp.TransmitFileRequest;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.TooMuchMemoryException;
import io.iocp.spring.handler.ReturnValue;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has been given to send and is not sent yet: how much it is, and whether that is too much.
 *
 * <p>Thread: the worker that has a packet of the connection, but for {@link #pendingBytes} and {@link #bytesSent}, which are any.
 */
final class Outbound {
    /** Idle send packets that are kept for the next reply. */
    private static final int MOST_KEPT = 8;

    /** Replies that wait to be sent from which on nothing more is received, however short they are. */
    private static final int MOST_PENDING_SENDS = 512;

    /** A longer copy is sent in pieces, so that it is seen how far the peer has taken it. */
    private static final int MOST_COPIED = 256 << 10;

    /** With less a connection is never held back for the sake of others: it has little to give. */
    private static final int LEAST_SHARE = 64 << 10;

    /** Memory is nearly used when less than this part of it is left. */
    private static final int NEARLY_USED = 4;

    private final SendLimits limits;
    private final Object mark;
    private final ArrayDeque<OverlappedIO> kept = new ArrayDeque<>(2);
    private int pendingSends;
    private long pendingBytes;
    private long bytesSent;

    /*
     * Of these, what somebody waits for who is told himself when it is too much. It does not stop the receiving: a peer that answers
     * while it is asked would stop to take questions when nobody takes its answers, and each would wait for the other.
     */
    private int askedSends;
    private long askedBytes;

    /** @param mark the attachment of its packets */
    Outbound(SendLimits limits, Object mark) {
        this.limits = limits;
        this.mark = mark;
    }

    // ---- giving

    /**
     * Starts to send. The lease is the library's, whatever happens.
     *
     * @return why nothing could be started (the connection was closed, or a bound was reached); null if it was
     */
    @Nullable
    Exception send(Connection connection, LeasedBuffer data) {
        if (data.length() == 0) {
            data.release();
            return null;
        }
        return send(connection, packet(), data);
    }

    /** Starts to send what {@code listener} waits for, otherwise as {@link #send(Connection, LeasedBuffer)}. */
    @Nullable
    Exception send(Connection connection, LeasedBuffer data, SendListener listener) {
        int length = data.length();
        askedSends++;
        askedBytes += length;
        Exception failure = send(connection, new OverlappedIO(listener), data);
        if (failure != null) {
            askedSends--;
            askedBytes -= length;
        }
        return failure;
    }

    private @Nullable Exception send(Connection connection, OverlappedIO packet, LeasedBuffer data) {
        int length = data.length();
        given(length);
        try {
            connection.send(packet, data);
            // Nothing may be changed from here on: the greeting's packet may be on another worker already.
            return null;
        } catch (ClosedChannelException | RuntimeException e) {
            taken(length);
            data.release();
            return e;
        }
    }

    /** Starts to send a copy, in pieces if it is long, otherwise as {@link #send(Connection, LeasedBuffer)}. */
    @Nullable
    Exception send(Connection connection, ByteBuffer data) {
        try {
            return sendPieces(connection, data);
        } catch (TooMuchMemoryException e) {
            return e;
        }
    }

    private @Nullable Exception sendPieces(Connection connection, ByteBuffer data) {
        ByteBuffer rest = data.remaining() > MOST_COPIED ? data.duplicate() : data;
        int end = data.limit();
        while (end - rest.position() > MOST_COPIED) {
            rest.limit(rest.position() + MOST_COPIED);
            Exception failure =
                    send(connection, ReturnValue.copyOf(rest, connection.port().buffers()));
            if (failure != null) {
                return failure;
            }
            rest.position(rest.limit()).limit(end);
        }
        return send(connection, ReturnValue.copyOf(rest, connection.port().buffers()));
    }

    /** Starts to transmit; why that could not be, null if it could. */
    @Nullable
    Exception transmitFile(Connection connection, TransmitFileRequest request) {
        OverlappedIO packet = packet();
        given(0); // the bytes of a file wait where they are
        try {
            connection.transmitFile(packet, request);
            return null;
        } catch (ClosedChannelException | RuntimeException e) {
            // Also if the file has become so short that this part of it is gone.
            taken(0);
            return e;
        }
    }

    /** Starts a handshake, and behind it to send the first bytes, if there are any. All is counted before anything is started. */
    void handshake(SecureConnection connection, OverlappedIO handshake, @Nullable LeasedBuffer first)
            throws ClosedChannelException {
        @Nullable OverlappedIO packet = first == null ? null : packet();
        if (first != null) {
            given(first.length());
        }
        boolean taken = false;
        try {
            connection.handshake(handshake);
            if (packet != null && first != null) {
                connection.send(packet, first);
                taken = true;
            }
        } finally {
            if (first != null && !taken) {
                first.release();
            }
        }
    }

    private OverlappedIO packet() {
        OverlappedIO packet = kept.poll();
        return packet == null ? new OverlappedIO(mark) : packet;
    }

    private void given(long bytes) {
        pendingSends++;
        pendingBytes += bytes;
    }

    private void taken(long bytes) {
        pendingSends--;
        pendingBytes -= bytes;
    }

    // ---- taken back

    /** One of its packets has come: what it was for has left, or never will. Before the handler. */
    void sent(OverlappedIO packet) {
        OperationKind kind = packet.kind();
        if (packet.attachment() instanceof SendListener) {
            askedSends--;
            askedBytes -= packet.bytesTransferred();
        }
        if (kind == OperationKind.SEND || kind == OperationKind.TLS_SEND) {
            taken(packet.bytesTransferred());
            bytesSent += packet.bytesTransferred();
        } else {
            pendingSends--;
        }
    }

    /** Nobody reads the packet any more: it may serve for the next reply. */
    void keep(OverlappedIO packet) {
        if (kept.size() < MOST_KEPT) {
            kept.push(packet);
        }
    }

    // ---- how much it is

    boolean isEmpty() {
        return pendingSends == 0;
    }

    /** So much waits that nothing more should be received, which would lead to more. */
    boolean isTooMuch(CompletionPort port) {
        long replies = pendingBytes - askedBytes;
        return replies > limits.highWaterMark()
                || pendingSends - askedSends > MOST_PENDING_SENDS
                || (replies > LEAST_SHARE && isAboveShare(port, replies));
    }

    /** So little waits that receiving may go on. */
    boolean isLittle(CompletionPort port) {
        long replies = pendingBytes - askedBytes;
        return replies <= limits.lowWaterMark()
                && pendingSends - askedSends <= MOST_PENDING_SENDS / 2
                && (replies <= LEAST_SHARE || !isAboveShare(port, 2 * replies));
    }

    /** The memory of the port is nearly used, and this is more than would be left for each connection if all had as much. */
    private static boolean isAboveShare(CompletionPort port, long bytes) {
        long most = port.maxMemory();
        return most != Long.MAX_VALUE
                && port.memoryLeft() < most / NEARLY_USED
                && bytes > most / Math.max(1, port.connections());
    }

    /** Given and not sent. */
    long pendingBytes() {
        return pendingBytes;
    }

    /** As plain text, files apart. */
    long bytesSent() {
        return bytesSent;
    }
}
