package io.iocp.demo.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.util.StringUtils;

/**
 * The small site that comes with the application. A file in a jar has no descriptor that could be sent from, so it is unpacked to
 * a temporary directory, which is deleted at the end; a process that is killed leaves it, some ten KiB.
 */
final class SampleSite implements AutoCloseable {

    private static final String FOLDER = "files-sample/";

    private @Nullable Path directory;

    /**
     * Unpacks the site and returns where it is. The files get the time of now: a jar that can be built again byte by byte has
     * the same time in all its versions, and no version of a file could be told from another.
     */
    Path unpack() throws IOException {
        Path into = Files.createTempDirectory("iocp-files-");
        directory = into;
        for (Resource resource : new PathMatchingResourcePatternResolver().getResources("classpath:" + FOLDER + "**")) {
            String location = resource.getURL().toString();
            String name = StringUtils.uriDecode(
                    location.substring(location.lastIndexOf(FOLDER) + FOLDER.length()), StandardCharsets.UTF_8);
            if (name.isEmpty() || name.endsWith("/") || !resource.isReadable()) {
                continue; // a directory
            }
            Path file = into.resolve(name);
            Files.createDirectories(file.resolveSibling(""));
            try (InputStream in = resource.getInputStream()) {
                Files.copy(in, file);
            }
        }
        return into;
    }

    @Override
    public void close() throws IOException {
        Path unpacked = directory;
        if (unpacked == null) {
            return;
        }
        directory = null;
        try (Stream<Path> files = Files.walk(unpacked)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
