package io.iocp.benchmarks.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Programs in C of this module, compiled when they are first needed: {@code src/main/c/NAME.c}. */
public final class NativeTool {
    public static final List<String> COMPILER = List.of("gcc", "-O2", "-Wall", "-Wextra", "-Werror");

    private NativeTool() {}

    /**
     * Compiles it, unless it is newer than the sources.
     *
     * @return the executable
     * @throws IOException with the compiler's words, if there is none or it refuses
     */
    public static Path compiled(String name) throws IOException {
        Path module = module();
        Path source = module.resolve("src/main/c").resolve(name + ".c");
        Path program = module.resolve("target/native").resolve(name);
        if (Files.exists(program) && isNewerThanAllIn(requireNonNull(source.getParent()), program)) {
            return program;
        }
        Files.createDirectories(module.resolve("target/native"));
        List<String> command = new ArrayList<>(COMPILER);
        command.addAll(List.of("-o", program.toString(), source.toString(), "-lpthread"));
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (gcc.onExit().join().exitValue() != 0) {
            throw new IOException("cannot compile " + source + ": " + said);
        }
        return program;
    }

    private static boolean isNewerThanAllIn(Path folder, Path program) throws IOException {
        FileTime compiled = Files.getLastModifiedTime(program);
        try (Stream<Path> sources = Files.list(folder)) {
            for (Path source : (Iterable<Path>) sources::iterator) {
                if (Files.getLastModifiedTime(source).compareTo(compiled) >= 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Where this module lies: its classes are in {@code target/classes}. */
    static Path module() throws IOException {
        try {
            Path classes = Path.of(NativeTool.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return requireNonNull(requireNonNull(classes.getParent()).getParent());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }
}
