package io.iocp.operation;

/**
 * Something done to a file. The engine has any number of them at once for one endpoint, and performs them in any order; but
 * for appends, of which it has one at a time, in the order of their starts.
 */
public abstract sealed class FileOperation extends Operation
        permits FileRead, FileWrite, FileSync, FileAllocate, FileTruncate {
    FileOperation(Object packet) {
        super(packet);
    }

    /** Everything that changes the file, or waits for a change, counts as output. */
    @Override
    public boolean isOutput() {
        return true;
    }

    /** Whether it waits for those started before it. */
    public boolean isInOrder() {
        return false;
    }
}
