package io.iocp.engine.uring;

import io.iocp.linux.Errno;
import io.iocp.linux.Libc;
import io.iocp.linux.LinuxException;
import io.iocp.linux.Memory;
import io.iocp.operation.FileAccess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What files need of the system beside requests. Thread: one at a time for an instance, as {@link Libc}. */
final class FileSystemCalls {
    private static final int MODE = 0666; // less the umask, as java.nio.file does

    private final Libc libc;
    private final MemorySegment statx = Arena.ofAuto().allocate(Libc.STATX_BYTES, Long.BYTES);

    FileSystemCalls(Libc libc) {
        this.libc = libc;
    }

    /** The size of an open file in bytes, or a negated error. */
    long size(int fd) {
        int result = libc.statx(fd, Libc.EMPTY_PATH, Libc.AT_EMPTY_PATH, Libc.STATX_SIZE, statx.address());
        return result < 0 ? result : Memory.getLong(statx.address() + Libc.STATX_SIZE_OFFSET);
    }

    /** Makes an open file smaller or larger; 0 or a negated error. */
    int truncate(int fd, long size) {
        int result;
        do {
            result = libc.ftruncate(fd, size);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** Opens a file; the exceptions are those of java.nio.file. */
    int open(Path path, FileAccess access) throws IOException {
        if (!path.getFileSystem().equals(FileSystems.getDefault())) {
            throw new IllegalArgumentException(
                    path + " is not of the machine's own file system, the only one that the kernel can open");
        }
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = bytes(path);
            MemorySegment name = arena.allocate(bytes.length + 1L);
            MemorySegment.copy(bytes, 0, name, ValueLayout.JAVA_BYTE, 0, bytes.length);
            int fd;
            do {
                fd = libc.open(name.address(), flags(access), MODE);
            } while (fd == -Errno.EINTR);
            if (fd == -Errno.EINVAL && access.isDirect()) {
                throw new FileSystemException(
                        path.toString(),
                        null,
                        "its file system cannot bypass the page cache: open it" + " without DIRECT");
            }
            if (fd < 0) {
                throw failure(path, -fd);
            }
            return fd;
        }
    }

    /** The name as the kernel wants it, whatever the JVM takes the platform's encoding to be: a URI has every byte of it. */
    private static byte[] bytes(Path path) {
        String raw = path.toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }

    private static int flags(FileAccess access) {
        int flags = Libc.O_CLOEXEC;
        if (access.write()) {
            flags |= access.read() ? Libc.O_RDWR : Libc.O_WRONLY;
        }
        if (access.createNew()) {
            flags |= Libc.O_CREAT | Libc.O_EXCL;
        } else if (access.create()) {
            flags |= Libc.O_CREAT;
        }
        if (access.truncateExisting()) {
            flags |= Libc.O_TRUNC;
        }
        if (access.sync()) {
            flags |= Libc.O_SYNC;
        } else if (access.dsync()) {
            flags |= Libc.O_DSYNC;
        }
        if (access.isDirect()) {
            flags |= Libc.O_DIRECT;
        }
        return flags;
    }

    private static FileSystemException failure(Path path, int errno) {
        String file = path.toString();
        FileSystemException failure = switch (errno) {
            case Errno.ENOENT -> new NoSuchFileException(file);
            case Errno.EACCES -> new AccessDeniedException(file);
            case Errno.EEXIST -> new FileAlreadyExistsException(file);
            default -> new FileSystemException(file, null, "open failed with " + Errno.name(errno));
        };
        failure.initCause(new LinuxException("open", -errno));
        return failure;
    }
}
