package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Stops the packaged application the way Kubernetes does. */
class ShutdownIT {

    private static final int SIGTERM_EXIT = 128 + 15;
    private static final Pattern KV_PORT = Pattern.compile("server 'kv' listens on \\S*:(\\d+)");

    @EachEngine
    @Needs("redis-benchmark")
    void terminatedUnderLoadItEndsByItselfAndQuietly(EngineChoice engine) throws IOException {
        try (Program server = Program.start(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar().toString(),
                "--iocp.engine=" + engine.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "--iocp.servers.echo.port=0",
                "--iocp.servers.kv.port=0",
                "--iocp.servers.files.port=0",
                "--server.port=0")) {
            String port = kvPort(server);
            try (Program load = Program.start(
                    "redis-benchmark", "-p", port, "-n", "100000000", "-c", "50", "-P", "16", "-q", "-t", "set,get")) {
                await().atMost(Duration.ofSeconds(30)).until(() -> load.output().contains("rps="));

                server.terminate();

                // The shutdown phase has 20 seconds; busy connections are to be finished long before.
                assertThat(server.await(Duration.ofSeconds(15))).isEqualTo(SIGTERM_EXIT);
            }
            assertThat(server.output()).doesNotContain("Exception", "\tat ", "WARN", "ERROR");
        }
    }

    private static String kvPort(Program server) {
        return await().atMost(Duration.ofSeconds(60))
                .until(
                        () -> {
                            assertThat(server.isAlive()).as(server.output()).isTrue();
                            Matcher found = KV_PORT.matcher(server.output());
                            return found.find() ? found.group(1) : "";
                        },
                        number -> !number.isEmpty());
    }

    private static Path jar() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("demo-app-.*\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no target/demo-app-*.jar: run `./mvnw package` first"));
        }
    }
}
