package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where there is no Linux: NIO, and nothing native is touched, in a JVM that would end us if it were. */
class OtherPlatformTest {
    private static final long PATIENCE_SECONDS = 60;

    @ParameterizedTest
    @ValueSource(strings = {"Windows 11", "Mac OS X", "FreeBSD"})
    @DisplayName("on another operating system the port runs on nio, and no native function is linked")
    void shouldRunOnNioWithoutTouchingAnythingNative(String system, @TempDir Path directory) throws Exception {
        Path initialised = directory.resolve("initialised.txt");
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dos.name=" + system,
                        "--illegal-native-access=deny",
                        "-Xlog:class+init=info:file=" + initialised,
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        EchoOnAnyEngine.class.getName(),
                        "AUTO"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(output);
        assertThat(said.lines())
                .contains(
                        "engine nio",
                        "fallback true",
                        "cause system calls cannot be made: the operating system is " + system + ", not Linux",
                        "remedy run on Linux",
                        "echo hello")
                .anyMatch(line -> line.startsWith("reason io_uring cannot be used: ") && line.contains(system));
        assertThat(said).as("what nobody expected there is no warning").doesNotContain("WARNING");
        assertThat(process.exitValue()).as(said).isZero();

        assertThat(initialisedClasses(initialised))
                .contains("io/iocp/linux/Linux")
                .doesNotContain("io/iocp/linux/FfmLibc", "io/iocp/linux/Memory")
                .noneMatch(name -> name.startsWith("io/iocp/engine/uring/") && !name.contains("/UringFeatures"))
                .noneMatch(name -> name.startsWith("jdk/internal/foreign/abi/"))
                .noneMatch(name -> name.equals("java/lang/foreign/Linker"));
    }

    /** Whose static initialisers have run, or would have had they any. */
    private static List<String> initialisedClasses(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line -> line.contains("Initializing '"))
                    .map(line -> line.replaceFirst(".*Initializing '([^']+)'.*", "$1"))
                    .toList();
        }
    }
}
