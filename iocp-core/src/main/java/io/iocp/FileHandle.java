package io.iocp;

import io.iocp.operation.BufferPool;
import io.iocp.operation.Endpoint;
import io.iocp.operation.FileAllocate;
import io.iocp.operation.FileRead;
import io.iocp.operation.FileSync;
import io.iocp.operation.FileTruncate;
import io.iocp.operation.FileWrite;
import io.iocp.operation.LeasedBuffer;
import io.iocp.operation.OpenFile;
import io.iocp.operation.StartResult;
import io.iocp.operation.SyncMode;
import io.iocp.port.Shard;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Path;

/**
 * A regular file. Its operations never keep the caller waiting for the disk: on io_uring the kernel completes them by itself, on
 * NIO a few threads of the port wait in the callers' place.
 *
 * <p>Order: everything with an offset, and each sync, runs at once with all others, in no order; what depends on an operation is
 * started when that one's packet has come. Appends alone are done one at a time, in the order of their starts. Packets are
 * delivered one at a time, as those of any handle.
 *
 * <p>Each start returns {@link StartResult#PENDING}, or COMPLETED_POSTED to a handler if it failed at once: files never end within
 * their start, whatever {@link io.iocp.operation.CompletionMode} is set.
 *
 * <p>Cancel and timeout: what waits for the disk's attention is taken back; what is being done ends as it ends, and its packet
 * says so. A write that was cancelled half way has written {@link OverlappedIO#bytesTransferred()}.
 *
 * <p>Memory: what enters the kernel directly is a {@link LeasedBuffer} of {@link CompletionPort#buffers()}, given as such, and
 * segments of the global arena. The bytes of any other segment or buffer are copied: at the start of a write, before delivery of a read.
 *
 * <p>Opened with {@code ExtendedOpenOption.DIRECT} (O_DIRECT), offsets, lengths and addresses must be multiples of the block
 * size of its file store (mostly 4096), which each start checks. Buffers of the port of at least 4096 bytes are aligned to
 * that.
 *
 * @see <a href="https://learn.microsoft.com/windows/win32/fileio/synchronous-and-asynchronous-i-o">Synchronous and asynchronous
 *     I/O (Windows)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2)</a>
 */
public final class FileHandle extends Handle {
    /** A read into memory that is not the kernel's business brings at most this many bytes at once. */
    private static final int MOST_BOUNCED = 1 << 20;

    private final OpenFile file;

    FileHandle(CompletionPort port, Endpoint endpoint, OpenFile file) {
        super(port, endpoint);
        this.file = file;
    }

    /** As it was given when the file was opened. */
    public Path path() {
        return file.path();
    }

    /**
     * Where a {@link Connection#transmitFile} begins that begins at {@link TransmitFileRequest#CURRENT_POSITION}; 0 at first.
     * Nothing else uses or moves it.
     */
    public long position() {
        return file.position;
    }

    /**
     * Changes what {@link #position()} says.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public void position(long newPosition) {
        if (newPosition < 0) {
            throw new IllegalArgumentException("a position cannot be negative: " + newPosition);
        }
        file.position = newPosition;
    }

    OpenFile open() {
        return file;
    }

    /**
     * The present size in bytes. Asks the system at once; what is in flight may change it. Also before the handle is associated.
     *
     * @throws ClosedChannelException if the handle is closed
     */
    public long size() throws IOException {
        if (!isOpen() || !file.pin()) {
            throw new ClosedChannelException();
        }
        try {
            return sizeOf();
        } finally {
            file.unpin();
        }
    }

    /**
     * Starts to read once, from {@code offset} on, into {@code into}: completes with as many bytes as the file has there and
     * the memory holds, and at times with fewer, but never without any; at and behind the end of the file with {@link
     * io.iocp.operation.Status#EOF}. Into any memory but that of the global arena at most
     * 1 MiB at once.
     *
     * @param into not read-only, at least one byte, usable by any thread (not of a confined arena)
     * @throws IllegalArgumentException if the memory cannot be used, the offset is negative, or, opened DIRECT, one of them is not
     *     aligned
     * @throws NonReadableChannelException if the file was not opened for reading
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/pread.2.html">pread(2)</a>
     */
    public StartResult read(OverlappedIO packet, MemorySegment into, long offset) throws ClosedChannelException {
        if (into.isReadOnly() || into.byteSize() == 0) {
            throw new IllegalArgumentException("a read needs writable memory of at least one byte: " + into);
        }
        if (!into.isAccessibleBy(port().anyOtherThread())) {
            throw new IllegalArgumentException(
                    "the memory of a read must be usable by the workers, and this one is of a"
                            + " confined arena: use port.buffers(), the heap, or a shared, automatic or global arena");
        }
        checkReadAt(offset);
        FileRead operation = packet.fileRead();
        if (BufferPool.mayEnterKernel(into)) {
            checkAligned(into.address(), into.byteSize(), offset);
            Shard shard = begin(packet, operation);
            operation.into(into, offset);
            return start(shard, operation);
        }
        int length = (int) Math.min(into.byteSize(), MOST_BOUNCED);
        LeasedBuffer bounce = port().buffers().lease(length);
        Shard shard;
        try {
            bounce.length(length);
            checkAligned(bounce.segment().address(), length, offset);
            shard = begin(packet, operation);
        } catch (RuntimeException | ClosedChannelException e) {
            bounce.release();
            throw e;
        }
        operation.into(into, bounce, offset);
        return start(shard, operation);
    }

    /**
     * Starts to read once, from {@code offset} on, into the first {@link LeasedBuffer#length()} bytes of a library buffer, without
     * a copy; otherwise as {@link #read(OverlappedIO, MemorySegment, long)}. The caller's lease is the operation's until the packet
     * comes and then the caller's again; the length is then that of the bytes read.
     *
     * @throws IllegalArgumentException also if the length of the buffer is 0
     * @throws IllegalStateException also if the buffer was released already
     */
    public StartResult read(OverlappedIO packet, LeasedBuffer into, long offset) throws ClosedChannelException {
        if (into.length() == 0) {
            throw new IllegalArgumentException(
                    "a read needs room for at least one byte: set the length of the buffer to"
                            + " the bytes that it is to get");
        }
        checkReadAt(offset);
        checkAligned(into.segment().address(), into.length(), offset);
        FileRead operation = packet.fileRead();
        Shard shard = begin(packet, operation, into);
        operation.into(into, offset);
        return start(shard, operation);
    }

    /**
     * Starts to write all of {@code data} from {@code offset} on; completes when every byte is written, or with an error and
     * the number of bytes that were. Behind the end of the file a hole is left, which reads as zeros. The bytes are copied now
     * unless they are in the global arena.
     *
     * <p>Written means that whoever reads the file finds them; on the disk they are after a {@link #sync}, or, if the file was
     * opened with SYNC or DSYNC, when the packet comes.
     *
     * @throws IllegalArgumentException if the offset is negative or, opened DIRECT, something is not aligned
     * @throws NonWritableChannelException if the file was not opened for writing, or only to APPEND
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/pwrite.2.html">pwrite(2)</a>
     */
    public StartResult write(OverlappedIO packet, MemorySegment data, long offset) throws ClosedChannelException {
        checkWriteAt(offset);
        return startWrite(packet, data, offset);
    }

    /**
     * Starts to write the bytes of {@code data} from its position to its limit, as {@link #write(OverlappedIO, MemorySegment,
     * long)}. Position and limit are not changed.
     */
    public StartResult write(OverlappedIO packet, ByteBuffer data, long offset) throws ClosedChannelException {
        checkWriteAt(offset);
        return startCopy(packet, LibraryCopy.of(data, port().buffers()), offset);
    }

    /**
     * Starts to write the first {@link LeasedBuffer#length()} bytes of a library buffer, without a copy. The caller's lease goes
     * to the operation, which ends it when the kernel is done; {@linkplain LeasedBuffer#retain() retain} it first to keep the
     * buffer. If this throws, the caller still has the lease.
     *
     * @throws IllegalStateException also if the buffer was released already
     */
    public StartResult write(OverlappedIO packet, LeasedBuffer data, long offset) throws ClosedChannelException {
        checkWriteAt(offset);
        return startLease(packet, data, offset);
    }

    /**
     * Starts to write all of {@code data} at the end of the file, wherever that is by then. One append after the other, in the
     * order of their starts; completes and fails as a {@link #write(OverlappedIO, MemorySegment, long)}. What others append to
     * the file, through another handle or process, comes before or after it, unless the kernel takes it in several parts (a full
     * disk, or more than 2 GiB).
     *
     * @throws NonWritableChannelException if the file was not opened for writing
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     */
    public StartResult append(OverlappedIO packet, MemorySegment data) throws ClosedChannelException {
        checkWritable();
        return startWrite(packet, data, FileWrite.AT_END);
    }

    /** As {@link #append(OverlappedIO, MemorySegment)}, from the position of {@code data} to its limit, which do not change. */
    public StartResult append(OverlappedIO packet, ByteBuffer data) throws ClosedChannelException {
        checkWritable();
        return startCopy(packet, LibraryCopy.of(data, port().buffers()), FileWrite.AT_END);
    }

    /** As {@link #append(OverlappedIO, MemorySegment)}, with the lease going as in {@link #write(OverlappedIO, LeasedBuffer, long)}. */
    public StartResult append(OverlappedIO packet, LeasedBuffer data) throws ClosedChannelException {
        checkWritable();
        return startLease(packet, data, FileWrite.AT_END);
    }

    /**
     * Starts to bring to the disk what was written to the file: all of which the packets had come when this was started. What is
     * in flight at that moment may be among it or not.
     *
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/fsync.2.html">fsync(2)</a>
     */
    public StartResult sync(OverlappedIO packet, SyncMode mode) throws ClosedChannelException {
        FileSync operation = packet.fileSync();
        Shard shard = begin(packet, operation);
        operation.mode = mode;
        return start(shard, operation);
    }

    /**
     * Starts to give the {@code length} bytes from {@code offset} on their place on the disk, so that writing them cannot fail for
     * lack of space; what was not written yet reads as zeros. The file grows if they reach beyond its end. A file system that
     * cannot do this fails it with an {@link io.iocp.operation.Status#IO_ERROR}.
     *
     * @throws UnsupportedOperationException if the engine cannot: {@link io.iocp.engine.EngineCapabilities#allocatesFiles()}
     * @throws IllegalArgumentException if the offset is negative or the length not positive
     * @throws NonWritableChannelException if the file was not opened for writing, or only to APPEND
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a>
     */
    public StartResult allocate(OverlappedIO packet, long offset, long length) throws ClosedChannelException {
        if (!port().engine().capabilities().allocatesFiles()) {
            throw new UnsupportedOperationException(
                    "the engine " + port().engine().capabilities().name()
                            + " cannot allocate: write zeros instead, or run on io_uring");
        }
        checkWriteAt(offset);
        if (length <= 0 || offset + length < 0) {
            throw new IllegalArgumentException("the length must be positive, and its end a long: " + length);
        }
        FileAllocate operation = packet.fileAllocate();
        Shard shard = begin(packet, operation);
        operation.offset = offset;
        operation.length = length;
        return start(shard, operation);
    }

    /**
     * Starts to cut the file off behind its first {@code size} bytes. A file that is not larger stays as it is, as with {@link
     * java.nio.channels.FileChannel#truncate}.
     *
     * @throws IllegalArgumentException if the size is negative
     * @throws NonWritableChannelException if the file was not opened for writing, or only to APPEND
     * @throws IllegalStateException if the handle is not associated, or {@code packet} is in use
     * @throws ClosedChannelException if the handle is closed
     * @see <a href="https://man7.org/linux/man-pages/man2/ftruncate.2.html">ftruncate(2)</a>
     */
    public StartResult truncate(OverlappedIO packet, long size) throws ClosedChannelException {
        if (size < 0) {
            throw new IllegalArgumentException("a file cannot have a negative size: " + size);
        }
        checkWritableAnywhere();
        FileTruncate operation = packet.fileTruncate();
        Shard shard = begin(packet, operation);
        operation.size = size;
        return start(shard, operation);
    }

    private StartResult startWrite(OverlappedIO packet, MemorySegment data, long offset) throws ClosedChannelException {
        if (!BufferPool.mayEnterKernel(data)) {
            return startCopy(packet, LibraryCopy.of(data, port().buffers()), offset);
        }
        checkAligned(data.address(), data.byteSize(), offset);
        FileWrite operation = packet.fileWrite();
        Shard shard = begin(packet, operation);
        operation.from(data, offset);
        return start(shard, operation);
    }

    private StartResult startCopy(OverlappedIO packet, LeasedBuffer copy, long offset) throws ClosedChannelException {
        boolean started = false;
        try {
            StartResult result = startLease(packet, copy, offset);
            started = true;
            return result;
        } finally {
            if (!started) {
                copy.release();
            }
        }
    }

    private StartResult startLease(OverlappedIO packet, LeasedBuffer data, long offset) throws ClosedChannelException {
        checkAligned(data.segment().address(), data.length(), offset);
        FileWrite operation = packet.fileWrite();
        Shard shard = begin(packet, operation, data);
        operation.from(data, offset);
        return start(shard, operation);
    }

    private void checkWritable() {
        if (!file.access().write()) {
            throw new NonWritableChannelException();
        }
    }

    private void checkWritableAnywhere() {
        if (!file.access().write() || file.access().append()) {
            throw new NonWritableChannelException();
        }
    }

    private void checkWriteAt(long offset) {
        checkWritableAnywhere();
        checkOffset(offset);
    }

    private void checkReadAt(long offset) {
        if (!file.access().read()) {
            throw new NonReadableChannelException();
        }
        checkOffset(offset);
    }

    private static void checkOffset(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("an offset in a file cannot be negative: " + offset);
        }
    }

    private void checkAligned(long address, long length, long offset) {
        int block = file.alignment();
        if (block == 1) {
            return;
        }
        boolean fits = address % block == 0 && length % block == 0 && (offset < 0 || offset % block == 0);
        if (!fits) {
            throw new IllegalArgumentException(
                    this + " was opened DIRECT: offset, length and address must be multiples of "
                            + block + ", and they are " + offset + ", " + length + " and " + Long.toHexString(address)
                            + " (hexadecimal); port.buffers() leases aligned memory of 4096 bytes and more");
        }
    }

    /** What it has as a file, for those who use its descriptor beside it: they {@linkplain OpenFile#pin pin} that. */
    OpenFile file() {
        return file;
    }

    @Override
    public String toString() {
        return "FileHandle[" + id() + ", " + file.path() + "]";
    }
}
