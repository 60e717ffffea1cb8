package io.iocp.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that runs a main class of these tests, and is talked to line by line. */
final class ChildJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;
    private final CompletableFuture<Process> end;
    private final List<String> seen = new ArrayList<>();

    /** @param before what stands in front of the java command, for example strace and its options */
    ChildJvm(List<String> before, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-ea",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        out = process.inputReader();
        in = process.outputWriter();
        // A child that hangs must not hang the test: its end ends every read.
        end = process.onExit().orTimeout(60, TimeUnit.SECONDS).whenComplete((ended, late) -> process.destroyForcibly());
    }

    /** What follows {@code word} on the next line that begins with it. */
    String awaitLine(String word) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            seen.add(line);
            if (line.startsWith(word)) {
                return line.substring(word.length()).strip();
            }
        }
        throw new AssertionError("the child ended without saying " + word + "; it said " + String.join("\n", seen));
    }

    void say(String line) throws IOException {
        in.write(line);
        in.newLine();
        in.flush();
    }

    void awaitEnd() {
        assertThat(end).as("end of the child").succeedsWithin(20, TimeUnit.SECONDS);
        assertThat(process.exitValue()).as("the child said %s", seen).isZero();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
