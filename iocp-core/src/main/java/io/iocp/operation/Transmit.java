package io.iocp.operation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends memory and stretches of files, in order, as one operation of a connection. The shard performs it with parts: sends,
 * sends from files, and reads of files.
 */
public final class Transmit extends Operation {
    /** Bytes that are read at once if nobody says how many. */
    public static final int DEFAULT_CHUNK_BYTES = 128 << 10;

    /** What is read at once at most, however large a chunk is asked for. */
    public static final int MOST_CHUNK_BYTES = 1 << 20;

    private OperationKind kind = OperationKind.TRANSMIT_FILE;

    /** What is still to be sent, in order; the first may be sent in part. Pieces that are done with have left. */
    private final Deque<TransmitPiece> pieces = new ArrayDeque<>();

    /** Bytes of the first piece that are sent. */
    private long sentOfFirst;

    private int index;

    /** Bytes of a file that are read at once, 1 to {@link #MOST_CHUNK_BYTES}. */
    public int chunkBytes;

    /** Where chunks are leased. */
    private @Nullable BufferPool buffers;

    public TransmitWorker worker = TransmitWorker.DEFAULT;

    /** The output ends behind it. */
    public boolean disconnects;

    /** The connection is recycled behind it; it is LEAVING from the start on. */
    public boolean recycles;

    private @Nullable Disconnect recycling;

    /** Parts, made when they are needed first. At most one of them is with the engine. */
    private @Nullable Send send;

    private @Nullable SendFile sendFile;
    private @Nullable DatagramSend datagram;
    private @Nullable FileRead read;

    /** What was read of a file and is not sent yet; null for nothing. */
    public @Nullable LeasedBuffer chunk;

    /** Bytes of a datagram that are in {@link #chunk}. */
    public int gathered;

    /** The engine would have to wait for the file: the next bytes of it are read by a part of their own. */
    public boolean readNext;

    public Transmit(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return kind;
    }

    @Override
    public boolean isOutput() {
        return true;
    }

    /** The start's own inputs; the copies and files of {@code all} are pinned, and now the transmit's. */
    public void of(
            OperationKind as, List<TransmitPiece> all, int bytesAtOnce, TransmitWorker by, BufferPool chunksFrom) {
        kind = as;
        buffers = chunksFrom;
        pieces.clear();
        pieces.addAll(all);
        sentOfFirst = 0;
        index = 0;
        chunkBytes = chunkOf(bytesAtOnce);
        gathered = 0;
        worker = by;
        disconnects = false;
        recycles = false;
        readNext = false;
    }

    private static int chunkOf(int bytesAtOnce) {
        if (bytesAtOnce == 0) {
            return DEFAULT_CHUNK_BYTES;
        }
        return bytesAtOnce < 0 ? MOST_CHUNK_BYTES : Math.min(bytesAtOnce, MOST_CHUNK_BYTES);
    }

    /** Which element it has come to; their number if all are sent. */
    public int index() {
        return index;
    }

    /** The piece that is being sent; null if all are. Those that have no bytes left are done with. */
    public @Nullable TransmitPiece piece() {
        TransmitPiece first = pieces.peek();
        while (first != null && sentOfFirst == first.length()) {
            leaveFirst();
            first = pieces.peek();
        }
        return first;
    }

    /** All that is left, {@link #piece()} first. */
    public Iterable<TransmitPiece> pieces() {
        return pieces;
    }

    /** Whether something follows behind the first {@code count} pieces that are left. */
    public boolean hasMoreThan(int count) {
        return pieces.size() > count;
    }

    /** Bytes of {@link #piece()} that are sent. */
    public long sentOfPiece() {
        return sentOfFirst;
    }

    /** The next {@code count} bytes are sent. */
    public void sent(long count) {
        bytes += count;
        long rest = count;
        while (rest > 0) {
            TransmitPiece first = pieces.getFirst();
            long left = first.length() - sentOfFirst;
            if (rest < left) {
                sentOfFirst += rest;
                return;
            }
            rest -= left;
            sentOfFirst = first.length();
            leaveFirst();
        }
    }

    private void leaveFirst() {
        release(pieces.remove(), sentOfFirst);
        sentOfFirst = 0;
        index++;
    }

    private static void release(TransmitPiece piece, long sent) {
        switch (piece) {
            case TransmitPiece.Memory memory -> {
                LeasedBuffer copy = memory.copy();
                if (copy != null) {
                    copy.unpin();
                }
            }
            case TransmitPiece.FileRange range -> {
                if (range.movesPosition()) {
                    range.source().movePosition(range.offset() + sent);
                }
                range.source().unpin();
            }
        }
    }

    /** The end of it, once all is sent, if the connection is to be recycled. */
    public Disconnect recycling() {
        Disconnect part = recycling;
        if (part == null) {
            part = new Disconnect(packet());
            recycling = part;
        }
        part.mode = DisconnectMode.RECYCLE;
        part.timeout(timeoutNanos(), 0);
        return part;
    }

    public Send send() {
        if (send == null) {
            send = new Send(packet());
        }
        return send;
    }

    public DatagramSend datagram() {
        if (datagram == null) {
            datagram = new DatagramSend(packet());
        }
        return datagram;
    }

    public SendFile sendFile() {
        if (sendFile == null) {
            sendFile = new SendFile(packet());
        }
        return sendFile;
    }

    public FileRead read() {
        if (read == null) {
            read = new FileRead(packet());
        }
        return read;
    }

    /** Makes room for a chunk. */
    public LeasedBuffer leaseChunk(int length) {
        if (buffers == null) {
            throw new IllegalStateException("a transmit that was never started");
        }
        LeasedBuffer leased = buffers.leaseAnyway(length);
        chunk = leased;
        return leased;
    }

    /** The chunk is sent, or nobody wants it any more. */
    public void dropChunk() {
        LeasedBuffer left = chunk;
        if (left != null) {
            chunk = null;
            left.release();
        }
    }

    /** Its copies and files are the caller's, who began them. */
    @Override
    public void forget() {
        pieces.clear();
    }

    /** What is not sent goes back to its owners. */
    @Override
    public void settle() {
        dropChunk();
        while (!pieces.isEmpty()) {
            release(pieces.remove(), sentOfFirst);
            sentOfFirst = 0;
        }
        if (sendFile != null) {
            sendFile.source = null;
        }
        Endpoint of = endpoint;
        if (recycles && of != null) {
            of.move(Endpoint.Connection.LEAVING, Endpoint.Connection.CONNECTED); // it ended before it was recycled
        }
    }
}
