package io.iocp.port;

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
        switch (piece) {
            case TransmitPiece.Memory _ -> sendMemory(connection, transmit);
            case TransmitPiece.FileRange range -> {
                if (transmit.chunk != null) {
                    sendChunk(connection, transmit, range, transmit.chunk);
                } else if (transmit.readNext || !maySendFrom(transmit, range)) {
                    read(connection, transmit, range);
                } else {
                    sendFile(connection, transmit, range);
                }
            }
        }
        return null;
    }

    private boolean maySendFrom(Transmit transmit, TransmitPiece.FileRange range) {
        return transmit.worker != TransmitWorker.RING && flow.loop().sendsFrom(range.source());
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

    private void sendFile(Endpoint connection, Transmit transmit, TransmitPiece.FileRange range) {
        SendFile send = transmit.sendFile();
        long sent = transmit.sentOfPiece();
        send.source = range.source();
        send.offset = range.offset() + sent;
        send.length = range.length() - sent;
        send.continues = continuesBehind(transmit, range);
        send.byHelper = transmit.worker == TransmitWorker.HELPER_POOL;
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
        FileRead read = transmit.read();
        read.into(chunk.segment().asSlice(0, length), range.offset() + sent);
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
        transmit.part = null;
        if (part instanceof FileRead) {
            LeasedBuffer chunk = transmit.chunk;
            if (chunk != null) {
                chunk.length((int) bytes);
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
