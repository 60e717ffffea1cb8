package io.iocp.operation;

/** Waits until what was written is on the disk. */
public final class FileSync extends FileOperation {
    public SyncMode mode = SyncMode.FULL;

    public FileSync(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.FILE_SYNC;
    }
}
