package io.iocp.spring.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A directory like the one in which Kubernetes mounts a secret: the files are links to {@code ..data/<file>}, and {@code ..data} is
 * a link to a directory with a time in its name. A new version is a new directory, and a link that is renamed over {@code ..data}.
 *
 * @see <a href="https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go">AtomicWriter (Kubernetes)</a>
 */
final class MountedSecret {
    private final Path directory;
    private int version;

    MountedSecret(Path directory) {
        this.directory = directory;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    void put(Map<String, String> files) {
        try {
            Path data = directory.resolve("..data");
            Path old = Files.exists(data) ? data.toRealPath() : null;
            Path next = Files.createDirectory(directory.resolve("..2026_11_22_" + version++));
            files.forEach((name, text) -> Certificates.write(next.resolve(name), text));
            Path link = Files.createSymbolicLink(directory.resolve("..data_tmp"), next.getFileName());
            Files.move(link, data, StandardCopyOption.ATOMIC_MOVE);
            for (String name : files.keySet()) {
                if (!Files.exists(file(name), LinkOption.NOFOLLOW_LINKS)) {
                    Files.createSymbolicLink(file(name), Path.of("..data", name));
                }
            }
            if (old != null) {
                delete(old);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : List.copyOf(files.toList())) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
