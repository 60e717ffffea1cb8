package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EngineChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The packaged application, run as users run it: in a process of its own, on free ports. */
public final class PackagedServer implements AutoCloseable {

    private static final Pattern WEB_PORT = Pattern.compile("Tomcat started on port (\\d+)");

    private final Program program;

    private PackagedServer(Program program) {
        this.program = program;
    }

    /** Starts it and does not wait. It has no TLS servers, and so starts sooner, unless the arguments say otherwise. */
    public static PackagedServer start(EngineChoice engine, String... arguments) {
        return new PackagedServer(Program.start(command(engine, arguments).toArray(String[]::new)));
    }

    /** The same in a shell, behind a command of the shell. */
    public static PackagedServer startAfter(String first, EngineChoice engine, String... arguments) {
        List<String> quoted = new ArrayList<>();
        command(engine, arguments).forEach(word -> quoted.add("'" + word + "'"));
        return new PackagedServer(Program.start("bash", "-c", first + "; exec " + String.join(" ", quoted)));
    }

    private static List<String> command(EngineChoice engine, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar().toString(),
                "--iocp.engine=" + engine.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "--iocp.servers.echo.port=0",
                "--iocp.servers.kv.port=0",
                "--iocp.servers.files.port=0",
                "--iocp.servers.echo-tls.port=0",
                "--iocp.servers.kv-tls.port=0",
                "--iocp.servers.files-tls.port=0",
                "--server.port=0"));
        command.addAll(List.of(arguments));
        if (command.stream().noneMatch(argument -> argument.startsWith("--demo.tls.enabled="))) {
            command.add("--demo.tls.enabled=false");
        }
        return command;
    }

    public Program program() {
        return program;
    }

    public String output() {
        return program.output();
    }

    /** Waits until it serves, and returns the port of {@code kv}. */
    public int kvPort() {
        return port("kv");
    }

    /** Waits until a server listens, and returns its port. */
    public int port(String server) {
        return find(Pattern.compile("server '" + server + "' listens on \\S*:(\\d+)"));
    }

    /** The port of the actuator. */
    public int webPort() {
        return find(WEB_PORT);
    }

    private int find(Pattern pattern) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> {
                            Matcher found = pattern.matcher(program.output());
                            boolean there = found.find();
                            assertThat(there || program.isAlive())
                                    .as(program.output())
                                    .isTrue();
                            return there ? Integer.parseInt(found.group(1)) : 0;
                        },
                        number -> number != 0);
    }

    /** Ends it the way that Kubernetes does, and waits for that. */
    public void stop() {
        program.terminate();
        program.await(Duration.ofSeconds(30));
    }

    /** Ends it with SIGKILL, and waits for that. */
    public void kill() {
        program.kill();
        program.await(Duration.ofSeconds(30));
    }

    @Override
    public void close() {
        program.close();
    }

    private static Path jar() {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("demo-app-.*\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no target/demo-app-*.jar: run `./mvnw package` first"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
