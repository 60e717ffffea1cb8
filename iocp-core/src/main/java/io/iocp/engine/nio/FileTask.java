package io.iocp.engine.nio;

import io.iocp.engine.FileChannels;
import io.iocp.engine.FileFailure;
import io.iocp.engine.FileThreads;
import io.iocp.operation.FileAllocate;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSync;
import io.iocp.operation.FileTruncate;
import io.iocp.operation.FileWrite;
import io.iocp.operation.Status;
import io.iocp.operation.SyncMode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * One file operation from its submit to its report: what is to be done on a thread that may wait, and how it ended.
 *
 * <p>Thread: a thread of {@link FileThreads} runs it; before and after that it is the shard holder's.
 */
final class FileTask implements Runnable {
    /** Bytes of one call: between two calls a cancel is seen. */
    private static final int MOST_AT_ONCE = 8 << 20;

    final FileOperation operation;
    private final FileChannels channels;
    private final FileOperations reports;

    /** Somebody asked to cancel it while it ran. */
    private volatile boolean cancelAsked;

    // Results: written by the thread that runs it, read by the holder after it was reported.
    Status status = Status.OK;
    long bytes;
    int nativeError;

    FileTask(FileOperation operation, FileChannels channels, FileOperations reports) {
        this.operation = operation;
        this.channels = channels;
        this.reports = reports;
    }

    /** It goes on as far as it must. */
    void askToCancel() {
        cancelAsked = true;
    }

    @Override
    public void run() {
        try {
            perform();
        } catch (IOException e) {
            fail(FileFailure.of(e));
        } catch (RuntimeException e) {
            fail(FileFailure.FAULT); // the memory's arena is closed, or it is read-only
        } catch (OutOfMemoryError e) {
            fail(new FileFailure(Status.RESOURCE_LIMIT, 0)); // the channel's own copy of the bytes
        } finally {
            Thread.interrupted(); // nobody's business, and it would close the next channel
            reports.finished(this);
        }
    }

    void fail(FileFailure failure) {
        status = failure.status();
        nativeError = failure.nativeError();
    }

    private void perform() throws IOException {
        switch (operation) {
            case FileRead read -> read(read);
            case FileWrite write -> write(write);
            case FileSync sync -> channels.force(sync.mode == SyncMode.FULL);
            case FileTruncate truncate -> channels.truncate(truncate.size);
            case FileAllocate _ -> throw new IOException("fallocate is not supported");
        }
    }

    private void read(FileRead read) throws IOException {
        MemorySegment memory = read.memory;
        long size = memory.byteSize();
        while (bytes < size) {
            int wanted = (int) Math.min(size - bytes, MOST_AT_ONCE);
            int n = channels.read(memory, bytes, wanted, read.offset + bytes);
            if (n <= 0) {
                status = bytes == 0 ? Status.EOF : Status.OK;
                return;
            }
            bytes += n;
            if (n < wanted) {
                return;
            }
            if (isToStop(size)) {
                return;
            }
        }
    }

    private void write(FileWrite write) throws IOException {
        MemorySegment memory = write.memory;
        long size = memory.byteSize();
        while (bytes < size) {
            int wanted = (int) Math.min(size - bytes, MOST_AT_ONCE);
            int n = write.isAppend()
                    ? channels.append(memory, bytes, wanted)
                    : channels.write(memory, bytes, wanted, write.offset + bytes);
            if (n <= 0) {
                fail(FileFailure.NO_PROGRESS);
                return;
            }
            bytes += n;
            if (isToStop(size)) {
                return;
            }
        }
    }

    private boolean isToStop(long size) {
        if (cancelAsked && bytes < size) {
            status = Status.CANCELLED;
            return true;
        }
        return false;
    }
}
