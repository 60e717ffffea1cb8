package io.iocp.spring.server;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a Unix domain socket that a server listens on: removed if a process before has left it behind, and at the end.
 *
 * <p>Thread: one at a time.
 */
final class SocketFile {
    private static final Logger LOG = LoggerFactory.getLogger(SocketFile.class);

    private final Path path;
    private final @Nullable Set<PosixFilePermission> permissions;

    /** Tells the file that was made here from one that somebody has put in its place; null while there is none. */
    private @Nullable Object identity;

    /** @param permissions null = what the umask of the process leaves */
    SocketFile(UnixDomainSocketAddress address, @Nullable Set<PosixFilePermission> permissions) {
        this.path = address.getPath();
        this.permissions = permissions;
    }

    /**
     * Before the listen: removes a socket that nobody listens on.
     *
     * @throws BindException if there is a file that is no socket, or somebody listens on it
     */
    void makeRoom() throws IOException {
        BasicFileAttributes there = attributes();
        if (there == null) {
            return;
        }
        if (!there.isOther()) {
            throw new BindException(path + " is there already, and is no socket");
        }
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new BindException("another process listens on " + path);
        } catch (ConnectException nobody) {
            LOG.info("removes {}, which nobody listens on any more", path);
            Files.deleteIfExists(path);
        }
    }

    /** Behind the listen. */
    void made() throws IOException {
        BasicFileAttributes there = attributes();
        identity = there == null ? null : there.fileKey();
        if (permissions != null) {
            Files.setPosixFilePermissions(path, permissions);
        }
    }

    /** At the end, unless somebody else listens there by now. */
    void remove() {
        Object made = identity;
        identity = null;
        try {
            BasicFileAttributes there = attributes();
            if (made != null && there != null && Objects.equals(made, there.fileKey())) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.warn("cannot remove the socket {}: {}", path, e.toString());
        }
    }

    private @Nullable BasicFileAttributes attributes() throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                ? Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                : null;
    }
}
