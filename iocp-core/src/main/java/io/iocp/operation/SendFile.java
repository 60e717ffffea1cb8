package io.iocp.operation;

import org.jspecify.annotations.Nullable;

/** Sends a stretch of a file without bringing it into memory of the process first, as a part of a {@link Transmit}. */
public final class SendFile extends Operation {
    /** Where the bytes come from; set while it is in flight. */
    @Nullable
    public FileSource source;

    /** Where in the file it begins. */
    public long offset;

    /** Bytes to send, at least one. */
    public long length;

    /** A thread of the engine's is to do it, and to wait for the disk. */
    public boolean byHelper;

    public SendFile(Object packet) {
        super(packet);
    }

    /** The source while it is in flight. */
    public FileSource from() {
        FileSource set = source;
        if (set == null) {
            throw new IllegalStateException("a send from a file without a file");
        }
        return set;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.TRANSMIT_FILE;
    }

    @Override
    public boolean isOutput() {
        return true;
    }
}
