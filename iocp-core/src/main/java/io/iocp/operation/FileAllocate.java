package io.iocp.operation;

/** Gives a part of a file its place on the disk. */
public final class FileAllocate extends FileOperation {
    public long offset;
    public long length;

    public FileAllocate(Object packet) {
        super(packet);
    }

    @Override
    public OperationKind kind() {
        return OperationKind.FILE_ALLOCATE;
    }
}
