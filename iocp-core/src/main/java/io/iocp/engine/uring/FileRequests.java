package io.iocp.engine.uring;

import io.iocp.engine.FileFailure;
import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.operation.FileAllocate;
import io.iocp.operation.FileOperation;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSync;
import io.iocp.operation.FileTruncate;
import io.iocp.operation.FileWrite;
import io.iocp.operation.SyncMode;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of file operations look like, and what their results mean.
 *
 * <p>Thread: shard holder.
 */
final class FileRequests {
    /*
     * The kernel first tries a request without waiting. What must wait goes on asynchronously where the file system can
     * (O_DIRECT), else on one of the kernel's own worker threads for this ring. A cancel takes it back as long as no worker
     * has begun with it; one that has begun ends as it ends.
     *
     * Appends are writes with RWF_APPEND, which the kernel puts at the end of the file whatever their offset says, as with
     * O_APPEND. So the offset of other writes of the same handle is kept to. The rest of a short append is appended in a
     * request of its own; no other append of this handle comes in between, but those of others may.
     *
     * Descriptors are opened without O_NONBLOCK: with it, requests that had to wait would fail with EAGAIN.
     */
    private final FileSystemCalls calls;

    FileRequests(Libc libc) {
        this.calls = new FileSystemCalls(libc);
    }

    /**
     * Looks at what needs no request of the kernel.
     *
     * @return null if a request is to be made; else how it has ended, 0 or a negated error
     */
    @Nullable
    Integer endsAtOnce(FileOperation operation, UringEndpoint endpoint) {
        if (operation instanceof FileTruncate truncate) {
            long size = calls.size(endpoint.fd());
            if (size < 0) {
                return (int) size;
            }
            return size <= truncate.size ? 0 : null; // as FileChannel does: a file never grows by it
        }
        return null;
    }

    void encode(Request request, FileOperation operation, long sqe) {
        int fd = request.endpoint().fd();
        long userData = request.userData();
        long done = request.transferred;
        switch (operation) {
            case FileRead read ->
                SqeEncoder.readAt(
                        sqe, fd, at(read.memory, done), rest(read.memory, done), read.offset + done, userData);
            case FileWrite write -> {
                long address = at(write.memory, done);
                int length = rest(write.memory, done);
                if (write.isAppend()) {
                    SqeEncoder.append(sqe, fd, address, length, userData);
                } else {
                    SqeEncoder.writeAt(sqe, fd, address, length, write.offset + done, userData);
                }
            }
            case FileSync sync -> SqeEncoder.sync(sqe, fd, sync.mode == SyncMode.DATA, userData);
            case FileAllocate allocate -> SqeEncoder.allocate(sqe, fd, allocate.offset, allocate.length, userData);
            case FileTruncate truncate -> SqeEncoder.truncate(sqe, fd, truncate.size, userData);
        }
    }

    private static long at(MemorySegment memory, long done) {
        return memory.address() + done;
    }

    private static int rest(MemorySegment memory, long done) {
        return (int) Math.min(memory.byteSize() - done, UringLoop.MAX_TRANSFER_BYTES);
    }

    /**
     * The kernel has completed a request of this operation with something else than an error.
     *
     * @return true if the operation has all that it gets; false if it goes on
     */
    boolean succeeded(Request request, FileOperation operation, int result) {
        return switch (operation) {
            case FileRead read -> {
                int wanted = rest(read.memory, request.transferred);
                request.transferred += result;
                yield result < wanted || request.transferred == read.memory.byteSize();
            }
            case FileWrite write -> {
                request.transferred += result;
                yield request.transferred == write.memory.byteSize();
            }
            case FileSync _, FileAllocate _, FileTruncate _ -> true;
        };
    }

    /** Tries again by a plain call what an older kernel has no request for; returns 0 or a negated error. */
    int fallBack(FileOperation operation, UringEndpoint endpoint, int result) {
        // IORING_OP_FTRUNCATE came with Linux 6.9. The holder waits for this one.
        return operation instanceof FileTruncate truncate && result == -Errno.EINVAL
                ? calls.truncate(endpoint.fd(), truncate.size)
                : result;
    }

    static FileFailure failure(int result) {
        return FileFailure.of(-result);
    }
}
