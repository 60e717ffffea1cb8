package io.iocp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The checked-out project that the tests run in. */
public final class Repository {

    private static final Set<String> NOT_SOURCES = Set.of("target", ".git", "node_modules", ".idea");

    private Repository() {}

    /** The directory that holds all modules, or empty outside of a checkout. */
    public static Optional<Path> root() {
        for (Path directory = Path.of("").toAbsolutePath(); directory != null; directory = directory.getParent()) {
            if (Files.exists(directory.resolve("mvnw"))) {
                return Optional.of(directory);
            }
        }
        return Optional.empty();
    }

    /** Every file of the project whose name ends so, what the build makes excepted. */
    static List<Path> filesEndingWith(String ending) {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(root().orElseThrow(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return NOT_SOURCES.contains(directory.getFileName().toString())
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (file.toString().endsWith(ending)) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }
}
