package io.iocp.demo.kv;

import io.iocp.CompletionHandler;
import io.iocp.FileHandle;
import io.iocp.OverlappedIO;
import io.iocp.operation.ClosedPortException;
import io.iocp.operation.SyncMode;
import io.iocp.operation.TooManyOperationsException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A log file on the completion port: its packets say how writes and syncs have ended. */
final class PortLogFile implements LogFile, CompletionHandler {

    private final FileHandle file;
    private final Ends ends;
    private final OverlappedIO write = new OverlappedIO();
    private final OverlappedIO sync = new OverlappedIO();

    /** A file that was just opened and is not associated with its port. */
    PortLogFile(FileHandle file, Ends ends) {
        this.file = file;
        this.ends = ends;
        file.port().associate(file, file.path(), this);
    }

    @Override
    public void write(ByteBuffer data, long offset) throws IOException {
        try {
            file.write(write, data, offset);
        } catch (ClosedPortException | TooManyOperationsException refused) {
            throw new IOException(refused.getMessage(), refused);
        }
    }

    @Override
    public void sync() throws IOException {
        try {
            // A file that grew has its new size synchronised with its data.
            file.sync(sync, SyncMode.DATA);
        } catch (ClosedPortException | TooManyOperationsException refused) {
            throw new IOException(refused.getMessage(), refused);
        }
    }

    @Override
    public void completed(OverlappedIO packet) {
        if (packet == write) {
            ends.writeEnded(this, packet.failure());
        } else {
            ends.syncEnded(this, packet.failure());
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
