package io.iocp.demo.files;

import io.iocp.CompletionPort;
import io.iocp.FileHandle;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The files below one directory, by the paths of requests. Nothing outside of it is ever sent: a path has no {@code ..} when it
 * comes here, and what links lead to is looked at before it is opened.
 *
 * <p>A file that is not in the {@link FileCache} is looked up and opened by the handler itself: some ten microseconds where the
 * kernel has the directory in memory, but on a disk that sleeps, or on a file system of the network, that is a handler that blocks.
 * It does not say so, since the cache spares nearly every request from it; the port finds out in the cases where it does block.
 *
 * <p>Who can create links below the root while it is served can win a race between our look at a link and the open. Such a
 * person can as well copy the file there.
 *
 * <p>Thread: any.
 */
final class Site implements AutoCloseable {

    private static final String INDEX = "index.html";

    /** How often a file may change between our look at it and its open before that counts as a failure. */
    private static final int ATTEMPTS = 5;

    private final CompletionPort port;
    private final Path root;
    private final FileCache cache;

    /**
     * The site in a directory.
     *
     * @param mostOpenFiles how many are kept open for the next request
     * @throws IOException if there is no such directory
     */
    Site(CompletionPort port, Path root, int mostOpenFiles) throws IOException {
        this.port = port;
        this.root = root.toRealPath();
        this.cache = new FileCache(port, mostOpenFiles);
    }

    /**
     * Opens the index once and closes it, so that the classes of that are loaded before the first requests come: many at once
     * would wait for each other, and be taken for handlers that block.
     */
    void warmUp() throws IOException {
        if (lookUp("/", System.nanoTime()) instanceof OpenFile index) {
            index.release();
        }
    }

    FileCache cache() {
        return cache;
    }

    /**
     * What the path leads to; a file comes with a reference for the caller.
     *
     * @param path as {@link RequestPath} makes it
     * @throws IOException if the file is there and cannot be opened, because too many are open for example
     */
    Resource find(String path) throws IOException {
        long nowNanos = System.nanoTime();
        OpenFile known = cache.find(path, nowNanos);
        if (known != null) {
            return known;
        }
        Resource found = lookUp(path, nowNanos);
        if (found instanceof OpenFile opened) {
            cache.add(path, opened);
        }
        return found;
    }

    private Resource lookUp(String path, long nowNanos) throws IOException {
        Path requested;
        Path real;
        BasicFileAttributes attributes;
        try {
            requested = root.resolve(path.substring(1));
            real = requested.toRealPath();
            if (!real.startsWith(root)) {
                return Resource.Absent.MISSING;
            }
            attributes = Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (AccessDeniedException e) {
            return Resource.Absent.FORBIDDEN;
        } catch (IOException | InvalidPathException e) {
            // Not there, below something that is no directory, too long a name, links in a circle, no text of this
            // system.
            return Resource.Absent.MISSING;
        }
        if (attributes.isDirectory()) {
            if (!path.endsWith("/")) {
                return Resource.Absent.NEEDS_SLASH;
            }
            Resource index = open(requested.resolve(INDEX), nowNanos);
            return index == Resource.Absent.MISSING ? new Resource.Directory(real) : index;
        }
        return path.endsWith("/") ? Resource.Absent.MISSING : open(requested, nowNanos);
    }

    private Resource open(Path requested, long nowNanos) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Path real;
            BasicFileAttributes before;
            try {
                real = requested.toRealPath();
                before = Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            } catch (AccessDeniedException e) {
                return Resource.Absent.FORBIDDEN;
            } catch (IOException e) {
                return Resource.Absent.MISSING;
            }
            // No device or pipe either, whose open might wait.
            if (!real.startsWith(root) || !before.isRegularFile()) {
                return Resource.Absent.MISSING;
            }
            FileVersion version = FileVersion.of(before);
            FileHandle handle;
            try {
                handle = port.openFile(real, StandardOpenOption.READ);
            } catch (AccessDeniedException e) {
                return Resource.Absent.FORBIDDEN;
            }
            // Only if nothing has changed meanwhile is what we know the size and the time of what is open.
            if (isStill(version, real)) {
                String name = String.valueOf(requested.getFileName());
                return new OpenFile(requested, handle, version, ContentTypes.of(name), nowNanos);
            }
            handle.close();
            if (attempt == ATTEMPTS) {
                throw new IOException(real + " changes all the time");
            }
        }
    }

    /** Lets go of the files that are kept open. */
    @Override
    public void close() {
        cache.close();
    }

    private static boolean isStill(FileVersion version, Path real) {
        try {
            return version.isStill(Files.readAttributes(real, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            return false;
        }
    }
}
