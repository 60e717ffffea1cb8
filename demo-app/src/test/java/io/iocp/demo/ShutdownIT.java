package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Stops the packaged application the way Kubernetes does. */
class ShutdownIT {

    private static final int SIGTERM_EXIT = 128 + 15;

    private static final Pattern CERTIFICATE = Pattern.compile("--cacert (\\S+/tls\\.crt)");

    @EachEngine
    @Needs("redis-benchmark")
    void terminatedUnderLoadItEndsByItselfAndQuietly(EngineChoice engine) {
        try (PackagedServer server = PackagedServer.start(engine)) {
            terminateUnderLoad(server, "-p", "" + server.kvPort());
        }
    }

    @EachEngine
    @Needs("redis-benchmark")
    void terminatedUnderLoadOverTlsItEndsByItselfAndLeavesNoKeyBehind(EngineChoice engine) {
        try (PackagedServer server = PackagedServer.start(engine, "--demo.tls.enabled=true")) {
            String port = "" + server.port("kv-tls");
            Matcher certificate = CERTIFICATE.matcher(server.output());
            assertThat(certificate.find()).as(server.output()).isTrue();

            terminateUnderLoad(server, "-h", "127.0.0.1", "-p", port, "--tls", "--cacert", certificate.group(1));

            assertThat(Path.of(certificate.group(1)).resolveSibling("")).doesNotExist();
        }
    }

    private static void terminateUnderLoad(PackagedServer server, String... where) {
        List<String> command = new ArrayList<>(
                List.of("redis-benchmark", "-n", "100000000", "-c", "50", "-P", "16", "-q", "-t", "set,get"));
        command.addAll(List.of(where));
        int before;
        try (Program load = Program.start(command.toArray(String[]::new))) {
            await().atMost(Duration.ofSeconds(30)).until(() -> load.output().contains("rps="));

            // What a cold server on a busy machine says under its first load is not what is tested here.
            before = server.output().length();
            server.program().terminate();

            // The shutdown phase has 20 seconds; busy connections are to be finished long before.
            assertThat(server.program().await(Duration.ofSeconds(15))).isEqualTo(SIGTERM_EXIT);
        }
        // Classes that only a shutdown needs are loaded under load, with all workers waiting for that: true, and no
        // fault of it.
        assertThat(server.output().substring(before).lines().filter(line -> !line.contains("are kept by handlers")))
                .noneMatch(
                        line -> Stream.of("Exception", "\tat ", "WARN", "ERROR").anyMatch(line::contains));
    }
}
