package io.iocp.port;

import io.iocp.operation.DatagramSend;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileRead;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.Operation;
import io.iocp.operation.Send;
import io.iocp.operation.SendFile;
import io.iocp.operation.Status;
import io.iocp.operation.Transmit;
import io.iocp.operation.TransmitPiece;
import io.iocp.operation.TransmitWorker;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Drives transmits: gives one part after the other to the engine, and books what each has sent.
 *
 * <p>Thread: shard holder. Next: {@link Flow#completed}.
 */
final class Transmitting {
    /*
     * Ownership. A transmit is its connection's current output from its turn to its end, and the engine has exactly one part
     * of it all that time: the next is given to the engine within the report of the last. Whatever ends it early (a cancel,
     * its time, a close, the end of the port) asks the engine to cancel that part, whose completion decides, as for any
     * other operation; and no part begins once it is to end. So when its packet is made ready the engine has nothing of it,
     * and its memory and files are let go of there, once, by settle().
     *
     * Bytes. A part that sends says how many bytes the kernel has accepted, however it ended; they are booked before
     * anything else. A read that was cancelled has sent nothing: its bytes are dropped.
     */
    /** A file that is sent together with the memory around it, and copied for that, has at most so many bytes with it. */
    private static final int MOST_TOGETHER = 16 << 10;

    /** What is not in memory and shorter than this is read; a helper thread sends more of it, and waits for the disk. */
    private static final long LEAST_FOR_HELPER = 512 << 10;

    /** Then it is looked again whether a helper is needed. */
    private static final long MOST_OF_HELPER = 16 << 20;

    private final Flow flow;

    Transmitting(Flow flow) {
        this.flow = flow;
    }

    /**
     * Gives the next part to the engine.
     *
     * @return null if it has; else how the transmit has ended
     */
    @Nullable
    Status proceed(Endpoint connection, Transmit transmit) {
        TransmitPiece piece = transmit.piece();
        if (piece == null) {
            return Status.OK;
        }
        if (connection.outputEnding || !flow.mayGoOn(transmit)) {
            return Status.CANCELLED;
        }
        if (!connection.isConnection()) {
            return gather(connection, transmit);
        }
        if (transmit.chunk == null && sendsTogether(connection, transmit)) {
            return null;
        }
        switch (piece) {
            case TransmitPiece.Memory _ -> sendMemory(connection, transmit);
            case TransmitPiece.FileRange range -> {
                if (transmit.chunk != null) {
                    sendChunk(connection, transmit, range, transmit.chunk);
                } else if (!maySendFrom(connection, transmit, range)) {
                    read(connection, transmit, range);
                } else if (!transmit.readNext) {
                    sendFile(
                            connection, transmit, range, range.length(), transmit.worker == TransmitWorker.HELPER_POOL);
                } else if (range.length() - transmit.sentOfPiece() < LEAST_FOR_HELPER) {
                    read(connection, transmit, range);
                } else {
                    sendFile(connection, transmit, range, transmit.sentOfPiece() + MOST_OF_HELPER, true);
                }
            }
        }
        return null;
    }

    /** A small file goes with the memory around it in one send, if it can be read now. */
    private boolean sendsTogether(Endpoint connection, Transmit transmit) {
        if (transmit.worker != TransmitWorker.DEFAULT || transmit.readNext) {
            return false;
        }
        long length = -transmit.sentOfPiece();
        int count = 0;
        boolean withFile = false;
        boolean packetEnds = false;
        for (TransmitPiece piece : transmit.pieces()) {
            if (packetEnds || length + piece.length() > MOST_TOGETHER) {
                break;
            }
            length += piece.length();
            count++;
            withFile |= piece instanceof TransmitPiece.FileRange;
            packetEnds = piece.endOfPacket();
        }
        if (!withFile || !fillsTogether(transmit, count, (int) length)) {
            return false;
        }
        Send send = transmit.send();
        send.one(Objects.requireNonNull(transmit.chunk).filled());
        submit(connection, transmit, send, !packetEnds && transmit.hasMoreThan(count));
        return true;
    }

    /** Fills a chunk with the first {@code count} pieces; false, and there is none, if a file is not in memory. */
    private boolean fillsTogether(Transmit transmit, int count, int length) {
        LeasedBuffer chunk = transmit.leaseChunk(length);
        chunk.length(length);
        long from = transmit.sentOfPiece();
        int at = 0;
        int left = count;
        for (TransmitPiece piece : transmit.pieces()) {
            if (left-- == 0) {
                break;
            }
            int bytes = (int) (piece.length() - from);
            MemorySegment into = chunk.segment().asSlice(at, bytes);
            switch (piece) {
                case TransmitPiece.Memory memory -> MemorySegment.copy(memory.memory(), from, into, 0, bytes);
                case TransmitPiece.FileRange range -> {
                    if (flow.loop().readNow(range.source(), into, range.offset() + from) < bytes) {
                        transmit.dropChunk();
                        return false;
                    }
                }
            }
            at += bytes;
            from = 0;
        }
        return true;
    }

    /** Brings one datagram together, then sends it. */
    @Nullable
    private Status gather(Endpoint endpoint, Transmit transmit) {
        LeasedBuffer chunk = transmit.chunk;
        if (chunk == null) {
            int length = lengthOfDatagram(transmit);
            chunk = transmit.leaseChunk(length);
            chunk.length(length);
            transmit.gathered = 0;
        }
        long skip = transmit.gathered;
        for (TransmitPiece piece : transmit.pieces()) {
            long done = Math.min(skip, piece.length());
            skip -= done;
            if (done < piece.length()) {
                switch (piece) {
                    case TransmitPiece.Memory memory -> {
                        MemorySegment.copy(memory.memory(), 0, chunk.segment(), transmit.gathered, piece.length());
                        transmit.gathered += (int) piece.length();
                    }
                    case TransmitPiece.FileRange range -> {
                        MemorySegment into = chunk.segment().asSlice(transmit.gathered, range.length() - done);
                        submit(endpoint, transmit, range, range.offset() + done, into);
                        return null;
                    }
                }
            }
            if (piece.endOfPacket()) {
                break;
            }
        }
        DatagramSend send = transmit.datagram();
        send.one(chunk.filled(), null);
        send.beginPart(transmit, endpoint);
        flow.loop().submit(send);
        return null;
    }

    private static int lengthOfDatagram(Transmit transmit) {
        int length = 0;
        for (TransmitPiece piece : transmit.pieces()) {
            length += (int) piece.length();
            if (piece.endOfPacket()) {
                break;
            }
        }
        return length;
    }

    private boolean maySendFrom(Endpoint connection, Transmit transmit, TransmitPiece.FileRange range) {
        return transmit.worker != TransmitWorker.RING && flow.loop().sendsFrom(connection, range.source());
    }

    /** All memory up to the next file or the end of the packet. */
    private void sendMemory(Endpoint connection, Transmit transmit) {
        List<MemorySegment> run = new ArrayList<>();
        int count = 0;
        boolean packetEnds = false;
        for (TransmitPiece piece : transmit.pieces()) {
            if (!(piece instanceof TransmitPiece.Memory memory) || packetEnds) {
                break;
            }
            run.add(count == 0 ? memory.memory().asSlice(transmit.sentOfPiece()) : memory.memory());
            count++;
            packetEnds = memory.endOfPacket();
        }
        Send send = transmit.send();
        if (count == 1) {
            send.one(run.getFirst());
        } else {
            send.several(run.toArray(MemorySegment[]::new));
        }
        submit(connection, transmit, send, !packetEnds && transmit.hasMoreThan(count));
    }

    private void submit(Endpoint connection, Transmit transmit, Send send, boolean continues) {
        send.continues = continues;
        send.beginPart(transmit, connection);
        flow.loop().submit(send);
    }

    /** Up to {@code end}, or the end of the piece. */
    private void sendFile(
            Endpoint connection, Transmit transmit, TransmitPiece.FileRange range, long end, boolean byHelper) {
        SendFile send = transmit.sendFile();
        long sent = transmit.sentOfPiece();
        send.source = range.source();
        send.offset = range.offset() + sent;
        send.length = Math.min(range.length(), end) - sent;
        send.byHelper = byHelper;
        send.beginPart(transmit, connection);
        flow.loop().submit(send);
    }

    private static boolean continuesBehind(Transmit transmit, TransmitPiece.FileRange range) {
        return !range.endOfPacket() && transmit.hasMoreThan(1);
    }

    private void read(Endpoint connection, Transmit transmit, TransmitPiece.FileRange range) {
        long sent = transmit.sentOfPiece();
        int length = (int) Math.min(range.length() - sent, transmit.chunkBytes);
        LeasedBuffer chunk = transmit.leaseChunk(length);
        submit(
                connection,
                transmit,
                range,
                range.offset() + sent,
                chunk.segment().asSlice(0, length));
    }

    private void submit(
            Endpoint connection, Transmit transmit, TransmitPiece.FileRange range, long offset, MemorySegment into) {
        FileRead read = transmit.read();
        read.into(into, offset);
        read.from(range.source());
        Endpoint file = range.source().file();
        read.beginPart(transmit, file == null ? connection : file);
        flow.loop().submit(read);
    }

    private void sendChunk(Endpoint connection, Transmit transmit, TransmitPiece.FileRange range, LeasedBuffer chunk) {
        Send send = transmit.send();
        send.one(chunk.filled());
        boolean last = transmit.sentOfPiece() + chunk.length() == range.length();
        submit(connection, transmit, send, !last || continuesBehind(transmit, range));
    }

    /**
     * The engine is done with a part.
     *
     * @return null if the transmit goes on; else how it has ended
     */
    @Nullable
    Status completed(Endpoint connection, Transmit transmit, Operation part, Status status, long bytes) {
        transmit.part(null);
        if (part instanceof FileRead) {
            if (!connection.isConnection()) {
                transmit.gathered += (int) bytes;
            } else if (transmit.chunk != null) {
                transmit.chunk.length((int) bytes);
            }
            if (status != Status.OK) {
                return status == Status.EOF ? Status.TRUNCATED : status;
            }
            return proceed(connection, transmit);
        }
        if (part instanceof SendFile send) {
            // Fewer bytes than it was to send: the rest of them is not in memory, and is read.
            transmit.readNext = status == Status.OK && bytes < send.length;
        } else if (transmit.chunk != null) {
            transmit.dropChunk();
            transmit.readNext = false;
        }
        transmit.sent(bytes);
        if (status != Status.OK) {
            return part instanceof SendFile && status == Status.EOF ? Status.TRUNCATED : status;
        }
        return proceed(connection, transmit);
    }
}
