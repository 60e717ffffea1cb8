package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./mvnw install} would put into a user's repository, in a repository of the test's own. Everything else is taken from
 * the one that this build uses.
 */
final class LocalRepository {
    private static final String VERSION = "0.1.0-SNAPSHOT";

    private final Path directory;
    private final Path checkout = checkout();

    LocalRepository(Path directory) throws IOException {
        this.directory = directory;
        install("iocp-parent", checkout.resolve("pom.xml"), null);
        for (String module : List.of("iocp-core", "iocp-spring-boot-starter")) {
            install(module, checkout.resolve(module).resolve("pom.xml"), jarOf(module));
        }
    }

    /** Where `package` has put the module's jar; the class of the module itself would do for no user. */
    private Path jarOf(String module) {
        Path jar = checkout.resolve(module).resolve("target").resolve(module + "-" + VERSION + ".jar");
        assertThat(jar).as("run `./mvnw verify`, which makes it").exists();
        return jar;
    }

    private void install(String artifact, Path pom, @Nullable Path jar) throws IOException {
        Path folder = Files.createDirectories(
                directory.resolve("io/iocp").resolve(artifact).resolve(VERSION));
        copy(pom, folder.resolve(artifact + "-" + VERSION + ".pom"));
        if (jar != null) {
            copy(jar, folder.resolve(artifact + "-" + VERSION + ".jar"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The wrapper's Maven, offline, on this repository. */
    String[] maven(Path project, String... goals) {
        String shared =
                System.getProperty("iocp.maven.repository", System.getProperty("user.home") + "/.m2/repository");
        return Stream.concat(
                        Stream.of(
                                checkout.resolve("mvnw").toString(),
                                "-B",
                                "-o",
                                "-q",
                                "-f",
                                project.resolve("pom.xml").toString(),
                                "-Dmaven.repo.local=" + directory,
                                "-Dmaven.repo.local.tail=" + shared,
                                "-Dmaven.repo.local.tail.ignoreAvailability=true"),
                        Stream.of(goals))
                .toArray(String[]::new);
    }

    static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = Objects.requireNonNull(folder.getParent(), "no mvnw above the module");
        }
        return folder;
    }
}
