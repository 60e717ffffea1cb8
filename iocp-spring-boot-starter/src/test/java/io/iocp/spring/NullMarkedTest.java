package io.iocp.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package of what is released says that nothing in it is null unless it says so, and what it holds. */
class NullMarkedTest {

    @Test
    void everyPackageIsNullMarked() throws IOException {
        Path root = root();
        List<String> missing = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root, 14)) {
            files.filter(Files::isDirectory)
                    .filter(directory -> root.relativize(directory).toString().matches("[^/]+/src/main/java/io/.*"))
                    .filter(NullMarkedTest::holdsSources)
                    .filter(directory -> !isNullMarked(directory.resolve("package-info.java")))
                    .forEach(directory -> missing.add(root.relativize(directory).toString()));
        }
        assertThat(missing).isEmpty();
    }

    private static boolean holdsSources(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.toString().endsWith(".java"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isNullMarked(Path packageInfo) {
        try {
            String text = Files.exists(packageInfo) ? Files.readString(packageInfo) : "";
            return text.startsWith("/**") && text.contains("\n@NullMarked\n");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("README.md"))) {
            folder = Objects.requireNonNull(folder.getParent(), "no README.md above the module");
        }
        return folder;
    }
}
