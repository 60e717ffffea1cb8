package io.iocp;

import io.iocp.engine.Addresses;
import io.iocp.operation.BufferPool;
import io.iocp.operation.BufferRelease;
import io.iocp.operation.Connect;
import io.iocp.operation.Disconnect;
import io.iocp.operation.DisconnectMode;
import io.iocp.operation.Endpoint;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OperationKind;
import io.iocp.operation.Receive;
import io.iocp.operation.ReceiveContinuously;
import io.iocp.operation.Send;
import io.iocp.operation.StartResult;
import io.iocp.operation.Transmit;
import io.iocp.operation.TransmitFlag;
import io.iocp.operation.TransmitPiece;
import io.iocp.operation.TransmitWorker;
import io.iocp.port.Shard;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream connection. Receives complete in the order of their starts, and so do sends; the two directions are independent.
 *
 * <p>Each start returns what has become of the operation: {@link StartResult#PENDING} unless a {@link
 * io.iocp.operation.CompletionMode} is set that lets it say more, or it has failed at once. Callers may ignore it as long as
 * every operation is posted.
 *
 * <p>Memory: what enters the kernel directly is a {@link LeasedBuffer} of {@link CompletionPort#buffers()} and segments of the
 * global arena. The bytes of any other segment or buffer are copied: at the start of a send, before delivery of a receive. So
 * memory that the kernel still uses cannot be freed by mistake.
 */
public sealed class Connection extends Handle permits SecureConnection {
    /** A receive into memory that is not the kernel's business brings at most this many bytes at once. */
    private static final int MOST_BOUNCED = 64 * 1024;

    Connection(CompletionPort port, Endpoint endpoint) {
        super(port, endpoint);
    }

    /** The same connection in another shape. */
    Connection(CompletionPort port, Endpoint endpoint, Connection same) {
        super(port, endpoint, same);
    }

    /**
     * This connection with TLS: the same id, key, handler and descriptor. Use what is returned from then on, and this no more.
     * Before or after it was associated or connected; nothing may be in flight. Nothing is sent by this: see {@link
     * SecureConnection#handshake}.
     *
     * @throws IllegalStateException if it has TLS already
     * @throws ClosedChannelException if the connection is closed
     */
    public SecureConnection secure(TlsOptions options) throws ClosedChannelException {
        if (this instanceof SecureConnection) {
            throw new IllegalStateException(this + " has TLS already");
        }
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        return new SecureConnection(port(), endpoint(), options.settings(), this);
    }

    /**
     * As {@link #secure(TlsOptions)}, where the first bytes of the peer's TLS were received in plain text already, behind what they
     * were received for: the command of a protocol that changes to TLS on the way (STARTTLS), or a PROXY header.
     *
     * @param received what belongs to TLS, from position to limit; copied now, position and limit are not changed
     */
    public SecureConnection secure(TlsOptions options, ByteBuffer received) throws ClosedChannelException {
        SecureConnection secure = secure(options);
        secure.unread(received);
        return secure;
    }

    /**
     * Puts bytes that were received back: the next receive, or the handshake, gets them before anything else. They are counted as
     * received again. To be called when no receive is in flight, by whoever starts the next one; otherwise it is not defined which
     * receive gets them. The connection keeps a copy until then, of whatever length.
     *
     * @param data from position to limit, which are not changed
     * @throws ClosedChannelException if the connection is closed
     */
    public void unread(ByteBuffer data) throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (!data.hasRemaining()) {
            return;
        }
        // Written before the start that is to find it, which publishes it to the shard's holder.
        Endpoint endpoint = endpoint();
        ByteBuffer behind = endpoint.unread;
        ByteBuffer copy = ByteBuffer.allocate(data.remaining() + (behind == null ? 0 : behind.remaining()));
        copy.put(data.duplicate());
        if (behind != null) {
            copy.put(behind.duplicate());
        }
        endpoint.unread = copy.flip();
    }

    /** Whether it has a peer: receives and sends can be started. */
    public boolean isConnected() {
        return endpoint().isConnected();
    }

    /**
     * Starts to connect, and to send the first bytes if the request has any; completes when the connection stands and all of
     * them are accepted by the kernel, {@link OverlappedIO#bytesTransferred()} of them. Each try has a new socket: after a
     * refusal, a time-out or a cancel the handle may be connected again. If the connection was made and the first bytes failed,
     * the packet says how they ended, and {@link #isConnected()} that there is a connection.
     *
     * <p>The time that the transport gives a silent peer is minutes: set a {@link OverlappedIO#timeout(Duration)}.
     *
     * @throws java.nio.channels.AlreadyConnectedException if it is connected
     * @throws java.nio.channels.ConnectionPendingException if it is being connected, or is the target of an accept
     * @throws UnresolvedAddressException if the remote or local name is not known
     * @throws IllegalArgumentException if the path of a Unix domain socket is too long, or no socket can have both addresses; if
     *     this is a {@link SecureConnection} and there are first bytes, which would go in plain text
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_connectex">ConnectEx (Windows)</a>
     * @see <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a>
     */
    public StartResult connect(OverlappedIO packet, ConnectRequest request) throws ClosedChannelException {
        SocketAddress local = request.local();
        checkAddress("connect to", request.remote());
        if (local != null) {
            checkAddress("connect from", local);
            Addresses.checkPair(local, request.remote());
        }
        Send data = firstBytes(packet, request.data());
        if (data != null && this instanceof SecureConnection) {
            data.settle();
            throw new IllegalArgumentException("the first bytes of a connect go before the handshake, in plain text:"
                    + " connect without them, then handshake() and send()");
        }
        boolean started = false;
        try {
            StartResult result = connect(packet, request, data);
            started = true;
            return result;
        } finally {
            if (!started && data != null) {
                data.settle();
            }
        }
    }

    private StartResult connect(OverlappedIO packet, ConnectRequest request, @Nullable Send data)
            throws ClosedChannelException {
        Connect operation = packet.of(Connect.class, Connect::new);
        Shard shard = begin(packet, operation);
        if (!endpoint().move(Endpoint.Connection.NONE, Endpoint.Connection.CLAIMED)) {
            abandon(packet, operation);
            throw isConnected() ? WrongState.alreadyConnected(this) : WrongState.connectionPending(this);
        }
        operation.remote = request.remote();
        operation.local = request.local();
        operation.data = data;
        try {
            return start(shard, operation);
        } catch (RuntimeException refused) {
            operation.data = null;
            endpoint().move(Endpoint.Connection.CLAIMED, Endpoint.Connection.NONE);
            throw refused;
        }
    }

    private static void checkAddress(String purpose, SocketAddress address) {
        try {
            Addresses.check(purpose, address);
        } catch (UnknownHostException e) {
            throw (UnresolvedAddressException) new UnresolvedAddressException().initCause(e);
        }
    }

    private @Nullable Send firstBytes(OverlappedIO packet, @Nullable MemorySegment data) {
        if (data == null || data.byteSize() == 0) {
            return null;
        }
        Send send = new Send(packet);
        if (BufferPool.mayEnterKernel(data)) {
            send.one(data);
        } else {
            LeasedBuffer copy = LibraryCopy.of(data, port().buffers());
            copy.pin();
            send.one(copy);
        }
        return send;
    }

    /**
     * Starts to end the connection, in its turn behind what was started to be sent.
     *
     * <ul>
     *   <li>GRACEFUL: the peer sees the end of the stream; it can still send, and receives go on. Nothing can be sent any more.
     *       Doing it twice is fine.
     *   <li>RECYCLE: then what the peer still sends is discarded, behind the receives that were started before, until it ends
     *       its stream too; then the handle is not connected, keeps its key and handler, and may be connected again or be the
     *       target of an accept. It keeps no {@link #idleTimeout idle timeout}. {@link OverlappedIO#bytesTransferred()} is what was discarded. The operation's {@linkplain
     *       OverlappedIO#timeout timeout}, or 10 seconds if it has none, is how long the peer is waited for; then, or if the
     *       operation is cancelled, the connection is reset, receives in its way end with ABORTED, the packet says TIMED_OUT
     *       or CANCELLED, and the handle is recycled all the same. Nothing can be started meanwhile. What is cancelled before
     *       its turn, while it waits behind sends, changes nothing.
     *   <li>ABORT: at once. The peer sees a reset, what is in flight ends with ABORTED, and the handle is closed.
     * </ul>
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_disconnectex">DisconnectEx
     *     (Windows)</a>
     */
    public StartResult disconnect(OverlappedIO packet, DisconnectMode mode) throws ClosedChannelException {
        Disconnect operation = packet.of(Disconnect.class, Disconnect::new);
        Shard shard = begin(packet, operation);
        Endpoint endpoint = endpoint();
        operation.mode = mode;
        operation.forced = null;
        boolean recycles = mode == DisconnectMode.RECYCLE;
        boolean ended = endpoint.outputEnded;
        if (recycles && !endpoint.move(Endpoint.Connection.CONNECTED, Endpoint.Connection.LEAVING)) {
            abandon(packet, operation);
            throw WrongState.notYetConnected(this);
        }
        if (mode == DisconnectMode.GRACEFUL) {
            endpoint.outputEnded = true; // before the start: afterwards the handle may be recycled and connected again
        }
        try {
            return start(shard, operation);
        } catch (RuntimeException refused) {
            endpoint.outputEnded = ended;
            if (recycles) {
                endpoint.move(Endpoint.Connection.LEAVING, Endpoint.Connection.CONNECTED);
            }
            throw refused;
        }
    }

    /**
     * This side's address: an {@link java.net.InetSocketAddress}, or a {@link java.net.UnixDomainSocketAddress}, which is empty
     * where the socket has no path.
     */
    public SocketAddress localAddress() {
        return endpoint().localAddress();
    }

    /**
     * The peer's address, known since the accept or connect: an {@link java.net.InetSocketAddress}, or a {@link
     * java.net.UnixDomainSocketAddress}, which is empty for a peer that is bound to no path (most clients are not).
     */
    public SocketAddress remoteAddress() {
        SocketAddress remote = endpoint().remoteAddress();
        if (remote == null) {
            throw new IllegalStateException("a connection without a peer");
        }
        return remote;
    }

    /**
     * Starts to receive once, into a buffer of the library, which is taken only when bytes are there: an idle connection
     * holds none. The bytes are in {@link OverlappedIO#data()}. Ends a continuous receive that is going on.
     *
     * @throws IllegalArgumentException if {@code packet} is to {@linkplain OverlappedIO#fillBuffer(boolean) fill} a buffer
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult receive(OverlappedIO packet) throws ClosedChannelException {
        packet.checkFillsNothing("this receive goes into a buffer of the library");
        Receive operation = packet.receive();
        Shard shard = begin(packet, operation);
        operation.intoEngineBuffer();
        return start(shard, operation);
    }

    /**
     * Starts to receive once into {@code buffer}; completes as soon as any bytes are there, at most as many as it holds, or when
     * it is {@linkplain OverlappedIO#fillBuffer(boolean) full}. With an empty buffer this is {@link #awaitReadable}.
     *
     * @param buffer not read-only, usable by any thread (not of a confined arena)
     * @throws IllegalArgumentException if the buffer cannot be used
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult receive(OverlappedIO packet, MemorySegment buffer) throws ClosedChannelException {
        checkWritable(port(), buffer);
        if (buffer.byteSize() == 0) {
            return awaitReadable(packet);
        }
        Receive operation = packet.receive();
        Shard shard = begin(packet, operation);
        if (BufferPool.mayEnterKernel(buffer)) {
            operation.into(buffer);
        } else {
            operation.into(buffer, bounce(port(), buffer.byteSize()));
        }
        return startInto(shard, operation, packet);
    }

    /**
     * Starts to receive once into several pieces of memory, each filled to its end before the next (scatter); completes as soon
     * as any bytes are there, at most as many as the pieces hold and 64 KiB at once, or when they are {@linkplain
     * OverlappedIO#fillBuffer(boolean) all full}. {@link OverlappedIO#bytesTransferred()} says how far they are filled; {@link
     * OverlappedIO#data()} is empty. With nothing but empty pieces this is {@link #awaitReadable}.
     *
     * @param pieces as for {@link #receive(OverlappedIO, MemorySegment)}; the array is copied, and may be used again at once
     * @throws IllegalArgumentException if there is no piece, or one cannot be used
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsarecv">WSARecv, lpBuffers (Windows)</a>
     */
    public StartResult receive(OverlappedIO packet, MemorySegment... pieces) throws ClosedChannelException {
        if (pieces.length == 0) {
            throw new IllegalArgumentException("a receive into no piece of memory: name one, or awaitReadable()");
        }
        MemorySegment[] all = pieces.clone();
        MemorySegment only = null;
        int withBytes = 0;
        long length = 0;
        for (MemorySegment piece : all) {
            checkWritable(port(), piece);
            length = Math.addExact(length, piece.byteSize());
            if (piece.byteSize() > 0) {
                only = piece;
                withBytes++;
            }
        }
        if (only == null) {
            return awaitReadable(packet);
        }
        if (withBytes == 1) {
            return receive(packet, only);
        }
        Receive operation = packet.receive();
        Shard shard = begin(packet, operation);
        operation.into(all, bounce(port(), length));
        return startInto(shard, operation, packet);
    }

    /**
     * Starts to wait until there is something to receive, without a buffer and without taking anything: the next receive will
     * not wait, whether it gets bytes or the end of the stream. Ends with kind {@link
     * io.iocp.operation.OperationKind#READABLE}, {@link io.iocp.operation.Status#OK} and 0 bytes; with {@link
     * io.iocp.operation.Status#RESET} when the connection is reset. It is a receive otherwise: it has its turn among them.
     *
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult awaitReadable(OverlappedIO packet) throws ClosedChannelException {
        Receive operation = packet.receive();
        Shard shard = begin(packet, operation);
        operation.intoNothing();
        return start(shard, operation);
    }

    static void checkWritable(CompletionPort port, MemorySegment buffer) {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("a receive needs a writable buffer: " + buffer);
        }
        if (!buffer.isAccessibleBy(port.anyOtherThread())) {
            throw new IllegalArgumentException(
                    "a receive buffer must be usable by the workers, and this one is of a confined"
                            + " arena: use port.buffers(), the heap, or a shared, automatic or global arena");
        }
    }

    /** Library memory in front of memory that must not enter the kernel. */
    static LeasedBuffer bounce(CompletionPort port, long wanted) {
        return port.buffers().leaseAnyway((int) Math.min(wanted, MOST_BOUNCED));
    }

    private StartResult startInto(Shard shard, Receive operation, OverlappedIO packet) {
        if (packet.fillBuffer()) {
            operation.fill();
        }
        return start(shard, operation);
    }

    /**
     * Starts to receive until cancelled, closed, or the end of the stream: a packet with {@link OverlappedIO#more()} for each
     * buffer of bytes, in order, and a last one without, which has the reason. The library stops reading while the handler is
     * behind by {@link PortOptions#receiveCredit(int)} buffers, and goes on by itself. Only on a port with a handler.
     *
     * @throws IllegalStateException if the connection is not associated, {@code packet} is in use, or the port has no handler
     * @throws IllegalArgumentException if {@code packet} has a {@linkplain OverlappedIO#timeout(Duration) timeout}
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult receiveContinuously(OverlappedIO packet) throws ClosedChannelException {
        port().checkContinuous("receiveContinuously", "receive");
        packet.checkContinuous();
        ReceiveContinuously operation = packet.receiveContinuously();
        return start(begin(packet, operation), operation);
    }

    /**
     * Starts to send all of {@code data}; completes when the kernel has accepted every byte, or with an error and the number
     * of bytes that it accepted. The bytes are copied now unless they are in the global arena.
     *
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection is closed
     */
    public StartResult send(OverlappedIO packet, MemorySegment data) throws ClosedChannelException {
        if (BufferPool.mayEnterKernel(data)) {
            Send operation = packet.send();
            Shard shard = begin(packet, operation);
            operation.one(data);
            return start(shard, operation);
        }
        return sendCopy(packet, LibraryCopy.of(data, port().buffers()));
    }

    /**
     * Starts to send the bytes of {@code data} from its position to its limit, as {@link #send(OverlappedIO, MemorySegment)}.
     * Position and limit are not changed.
     */
    public StartResult send(OverlappedIO packet, ByteBuffer data) throws ClosedChannelException {
        return sendCopy(packet, LibraryCopy.of(data, port().buffers()));
    }

    /**
     * Starts to send the first {@link LeasedBuffer#length()} bytes of a library buffer, without a copy. The caller's lease
     * goes to the operation, which ends it when the kernel is done; {@linkplain LeasedBuffer#retain() retain} it first to
     * keep the buffer. If this throws, the caller still has the lease.
     *
     * @throws IllegalStateException also if the buffer was released already
     */
    public StartResult send(OverlappedIO packet, LeasedBuffer data) throws ClosedChannelException {
        return send(packet, data, null);
    }

    /**
     * Starts to send the first {@link LeasedBuffer#length()} bytes of a library buffer as {@link #send(OverlappedIO,
     * LeasedBuffer)} does, but the kernel need not copy them into its own memory: it may go on reading the buffer when the packet
     * has come, until the peer has acknowledged them. The packet says that the send has ended; {@code onBufferReleased} that the
     * buffer may be written to. Where nothing would be gained the kernel copies all the same: less than 16 KiB, a peer at a
     * loopback address or at a path, too little memory that may be locked (RLIMIT_MEMLOCK), or an engine other than io_uring;
     * then the buffer is released as soon as the send has ended.
     *
     * <p>{@code onBufferReleased} runs exactly once for each send that was started, however it ended, on a worker of the port as
     * a handler would: it must not wait, and what it throws is reported like a handler's failure. It may run before the packet's
     * handler, beside it or after it. The operation's lease has ended by then: {@linkplain LeasedBuffer#retain() retain} the
     * buffer before to have it still. A port that is closed waits for it, and if the kernel does not let go in time the memory
     * is leaked and it never runs.
     *
     * @see <a href="https://man7.org/linux/man-pages/man3/io_uring_prep_send_zc.3.html">io_uring_prep_send_zc(3)</a>
     */
    public StartResult sendZeroCopy(OverlappedIO packet, LeasedBuffer data, Runnable onBufferReleased)
            throws ClosedChannelException {
        return send(packet, data, new BufferRelease(this, data, Objects.requireNonNull(onBufferReleased)));
    }

    private StartResult send(OverlappedIO packet, LeasedBuffer data, @Nullable BufferRelease release)
            throws ClosedChannelException {
        Send operation = packet.send();
        Shard shard = begin(packet, operation, data);
        if (release == null) {
            operation.one(data);
        } else {
            operation.one(data, release);
        }
        return start(shard, operation);
    }

    /**
     * Starts to send several pieces as one operation, in order (gather). Any number is allowed. Pieces are copied unless all of
     * them are in the global arena; then they may be of any length together.
     *
     * @throws IllegalArgumentException if more than 2 GiB - 1 bytes would have to be copied
     */
    public StartResult send(OverlappedIO packet, MemorySegment... pieces) throws ClosedChannelException {
        boolean direct = true;
        long length = 0;
        for (MemorySegment piece : pieces) {
            direct &= BufferPool.mayEnterKernel(piece);
            length += piece.byteSize();
        }
        if (direct) {
            Send operation = packet.send();
            Shard shard = begin(packet, operation);
            operation.several(pieces.clone());
            return start(shard, operation);
        }
        LeasedBuffer copy = port().buffers().lease(LibraryCopy.checkedLength(length));
        long offset = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, copy.segment(), offset, piece.byteSize());
            offset += piece.byteSize();
        }
        copy.length((int) length);
        return sendCopy(packet, copy);
    }

    private StartResult sendCopy(OverlappedIO packet, LeasedBuffer copy) throws ClosedChannelException {
        try {
            return send(packet, copy);
        } catch (RuntimeException | Error | ClosedChannelException e) {
            copy.release();
            throw e;
        }
    }

    /**
     * Starts to send bytes, a stretch of a file and more bytes, as one operation in its turn among the sends; completes when the
     * kernel has accepted all of them, or with an error and {@link OverlappedIO#bytesTransferred()}, the bytes that it accepted
     * in all. There is no limit to the length. A request of nothing sends nothing, and its flags still act.
     *
     * <p>The file's descriptor stays open until the transmit has ended, also if its handle is closed meanwhile. How many bytes
     * it has is looked up now, unless the length is given and an earlier transmit of this handle saw the offset: what it grows
     * by is not sent; if it shrinks, or has since, the transmit ends with {@link io.iocp.operation.Status#TRUNCATED}. After
     * that, or any other failure in the middle, the peer has a part of what it was promised: {@link
     * OverlappedIO#elementIndex()} says how far it came, and the connection is best closed.
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws IllegalArgumentException if the offset is behind the end of the file, if the file was opened DIRECT or by another
     *     port, or if the flags exclude each other
     * @throws java.nio.channels.NonReadableChannelException if the file was not opened for reading
     * @throws ShutdownOutputException if the output was ended
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection or the file is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nf-mswsock-transmitfile">TransmitFile (Windows)</a>
     * @see <a href="https://man7.org/linux/man-pages/man2/sendfile.2.html">sendfile(2)</a>
     */
    public StartResult transmitFile(OverlappedIO packet, TransmitFileRequest request) throws ClosedChannelException {
        checkTransmits(request.flags());
        TransmitPieces pieces = new TransmitPieces(port());
        boolean started = false;
        try {
            for (MemorySegment piece : request.head()) {
                pieces.add(piece, false);
            }
            pieces.add(request.file(), request.channel(), request.offset(), request.length(), false);
            for (MemorySegment piece : request.tail()) {
                pieces.add(piece, false);
            }
            StartResult result = startTransmit(
                    packet,
                    OperationKind.TRANSMIT_FILE,
                    pieces.all(),
                    request.chunkSize(),
                    request.worker(),
                    request.flags());
            started = true;
            return result;
        } finally {
            if (!started) {
                pieces.release();
            }
        }
    }

    /**
     * Starts to send elements, bytes in memory and stretches of files, in order, as one operation in its turn among the sends;
     * otherwise as {@link #transmitFile}. The end of a packet is a hint to push out what was sent: a stream has no boundaries.
     *
     * @throws java.nio.channels.NotYetConnectedException if it is not connected
     * @throws IllegalArgumentException if an offset is behind the end of its file, if a file was opened DIRECT or by another port,
     *     or if the flags exclude each other
     * @throws java.nio.channels.NonReadableChannelException if a file was not opened for reading
     * @throws ShutdownOutputException if the output was ended
     * @throws IllegalStateException if the connection is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the connection or a file is closed
     * @see <a href="https://learn.microsoft.com/windows/win32/api/mswsock/nc-mswsock-lpfn_transmitpackets">TransmitPackets
     *     (Windows)</a>
     */
    public StartResult transmitPackets(OverlappedIO packet, TransmitPacketsRequest request)
            throws ClosedChannelException {
        checkTransmits(request.flags());
        TransmitPieces pieces = new TransmitPieces(port());
        boolean started = false;
        try {
            for (TransmitElement element : request.elements()) {
                pieces.add(element);
            }
            StartResult result = startTransmit(
                    packet,
                    OperationKind.TRANSMIT_PACKETS,
                    pieces.all(),
                    request.sendSize(),
                    request.worker(),
                    request.flags());
            started = true;
            return result;
        } finally {
            if (!started) {
                pieces.release();
            }
        }
    }

    /** In this order: whether it is open and connected, then whether the flags make sense. */
    private void checkTransmits(Set<TransmitFlag> flags) throws ClosedChannelException {
        Shard ignored = associated();
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        if (!isConnected()) {
            throw WrongState.notYetConnected(this);
        }
        boolean disconnects = flags.contains(TransmitFlag.DISCONNECT);
        if (flags.contains(TransmitFlag.RECYCLE) && !disconnects) {
            throw new IllegalArgumentException("RECYCLE works only together with DISCONNECT: set both");
        }
        if (flags.contains(TransmitFlag.WRITE_BEHIND) && disconnects) {
            throw new IllegalArgumentException("WRITE_BEHIND excludes DISCONNECT and RECYCLE: leave it out");
        }
    }

    private StartResult startTransmit(
            OverlappedIO packet,
            OperationKind kind,
            List<TransmitPiece> pieces,
            int chunkSize,
            TransmitWorker worker,
            Set<TransmitFlag> flags)
            throws ClosedChannelException {
        Transmit operation = packet.of(Transmit.class, Transmit::new);
        Shard shard = begin(packet, operation);
        operation.of(kind, pieces, chunkSize, worker, port().buffers());
        operation.disconnects = flags.contains(TransmitFlag.DISCONNECT);
        Endpoint endpoint = endpoint();
        operation.recycles = flags.contains(TransmitFlag.RECYCLE);
        if (operation.recycles && !endpoint.move(Endpoint.Connection.CONNECTED, Endpoint.Connection.LEAVING)) {
            operation.forget();
            abandon(packet, operation);
            throw WrongState.notYetConnected(this);
        }
        boolean ended = endpoint.outputEnded;
        if (operation.disconnects && !operation.recycles) {
            endpoint.outputEnded = true; // before the start, as for a disconnect
        }
        try {
            return start(shard, operation);
        } catch (RuntimeException refused) {
            endpoint.outputEnded = ended;
            if (operation.recycles) {
                endpoint.move(Endpoint.Connection.LEAVING, Endpoint.Connection.CONNECTED);
            }
            throw refused;
        }
    }

    /**
     * Ends the output: the peer sees the end of the stream behind what was sent, and can still send. What is in flight or waits to
     * be sent ends with {@link io.iocp.operation.Status#SHUT_DOWN} and the bytes accepted by then: wait for its packet first to
     * have it sent whole. Never waits; doing it twice does nothing.
     *
     * @throws IllegalStateException if the connection is not associated
     * @throws ClosedChannelException if the connection is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/shutdown.2.html">shutdown(2)</a>
     */
    public void shutdownOutput() throws ClosedChannelException {
        Shard shard = associated();
        Endpoint endpoint = endpoint();
        if (endpoint.isClosing()) {
            throw new ClosedChannelException();
        }
        if (!endpoint.isConnected()) {
            throw WrongState.notYetConnected(this);
        }
        endpoint.outputEnded = true;
        shard.shutdownOutput(endpoint);
    }

    /**
     * Closes the connection when no byte was received or sent for this long; what is in flight then ends with TIMED_OUT.
     *
     * @param timeout any resolution (kept to a millisecond, never early); null or zero = never
     * @throws IllegalStateException if the connection is not associated
     */
    public void idleTimeout(@Nullable Duration timeout) {
        associated().idleTimeout(endpoint(), timeout == null ? 0 : CompletionPort.nanos(timeout));
    }

    /**
     * Stops reading for a {@linkplain #receiveContinuously continuous receive}, so that the peer is slowed down by TCP; what
     * was received already (at most the credit and what the kernel had under way) is still delivered. Does nothing to single
     * receives.
     *
     * @throws IllegalStateException if the connection is not associated
     */
    public void pauseReceiving() {
        associated().pauseReceiving(endpoint(), true);
    }

    /** Goes on reading after {@link #pauseReceiving()}. */
    public void resumeReceiving() {
        associated().pauseReceiving(endpoint(), false);
    }

    @Override
    public String toString() {
        return "Connection[" + id() + ", " + endpoint().remoteAddress() + "]";
    }
}
