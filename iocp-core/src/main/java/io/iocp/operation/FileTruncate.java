package io.iocp.operation;

/** Cuts a file off behind its first bytes. */
public final class FileTruncate extends FileOperation {
    /** Its size afterwards, if it was larger. */
    public long size;

    public FileTruncate(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.FILE_TRUNCATE;
    }
}
