package io.iocp.engine;

import io.iocp.operation.FileAccess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A file as the engines have it that do not call the system themselves: one channel for what has an offset, and one for
 * appends, because a {@link FileChannel} is either. Also what opening a file means for every engine.
 *
 * <p>Thread: any, several at once; but a thread that may be interrupted calls nothing but {@link #size()}, because an interrupt
 * closes the channel that its thread is in.
 */
public final class FileChannels {
    private final FileChannel atOffsets;

    /** Null if it was not opened for writing. */
    private final @Nullable FileChannel atEnd;

    private FileChannels(FileChannel atOffsets, @Nullable FileChannel atEnd) {
        this.atOffsets = atOffsets;
        this.atEnd = atEnd;
    }

    /** Opens; the exceptions are those of {@link FileChannel#open}, and {@link #checkRegular}'s. */
    public static FileChannels open(Path path, FileAccess access) throws IOException {
        checkRegular(path);
        FileChannel atOffsets = FileChannel.open(path, access.channelOptions().toArray(OpenOption[]::new));
        try {
            return new FileChannels(atOffsets, access.write() ? openAtEnd(path, access) : null);
        } catch (IOException | RuntimeException e) {
            atOffsets.close();
            throw e;
        }
    }

    /** A channel of the user's, who closes it: for reads. */
    public static FileChannels of(FileChannel users) {
        return new FileChannels(users, null);
    }

    private static FileChannel openAtEnd(Path path, FileAccess access) throws IOException {
        List<OpenOption> options = new ArrayList<>(access.channelOptions());
        options.removeAll(List.of(
                StandardOpenOption.READ,
                StandardOpenOption.CREATE,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.TRUNCATE_EXISTING));
        options.add(StandardOpenOption.APPEND);
        return FileChannel.open(path, options.toArray(OpenOption[]::new));
    }

    /**
     * Lets pass what is a regular file or does not exist.
     *
     * @throws FileSystemException for a directory, a pipe, a device
     */
    public static void checkRegular(Path path) throws FileSystemException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new FileSystemException(
                    path.toString(),
                    null,
                    Files.isDirectory(path)
                            ? "is a directory: a FileHandle is of a regular file"
                            : "is not a regular file: a pipe or device may keep its reader waiting for ever");
        }
    }

    /** What offsets, lengths and addresses of an open file must be multiples of: 1, or with O_DIRECT its store's block. */
    public static int alignment(Path path, FileAccess access) throws IOException {
        return access.isDirect() ? (int) Files.getFileStore(path).getBlockSize() : 1;
    }

    /**
     * Reads into a part of native memory.
     *
     * @return how many bytes; -1 at or behind the end of the file
     */
    public int read(MemorySegment memory, long from, int most, long offset) throws IOException {
        return atOffsets.read(memory.asSlice(from, most).asByteBuffer(), offset);
    }

    /**
     * Writes a part of native memory, at its offset.
     *
     * @return how many bytes were written
     */
    public int write(MemorySegment memory, long from, int most, long offset) throws IOException {
        return atOffsets.write(memory.asSlice(from, most).asByteBuffer(), offset);
    }

    /** As {@link #write}, at the end of the file. */
    public int append(MemorySegment memory, long from, int most) throws IOException {
        FileChannel channel = atEnd;
        if (channel == null) {
            throw new IOException("append to a file that was not opened for writing");
        }
        return channel.write(memory.asSlice(from, most).asByteBuffer());
    }

    /** Waits until what was written is on the disk. */
    public void force(boolean metadata) throws IOException {
        atOffsets.force(metadata);
    }

    public void truncate(long size) throws IOException {
        atOffsets.truncate(size);
    }

    /** The channel for what has an offset, for who transfers from it. */
    public FileChannel channel() {
        return atOffsets;
    }

    /** Its present size. Thread: any. */
    public long size() throws IOException {
        // Not on the calling thread: with its interrupt flag set the channel would be closed under all who use it.
        CompletableFuture<Long> size = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                size.complete(atOffsets.size());
            } catch (IOException | RuntimeException e) {
                size.completeExceptionally(e);
            }
        });
        try {
            return size.join();
        } catch (java.util.concurrent.CompletionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    public void close() {
        try {
            try {
                atOffsets.close();
            } finally {
                if (atEnd != null) {
                    atEnd.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("closing a file failed", e);
        }
    }
}
