package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EachEngine;
import io.iocp.EngineChoice;
import io.iocp.Needs;
import java.time.Duration;

/** Stops the packaged application the way Kubernetes does. */
class ShutdownIT {

    private static final int SIGTERM_EXIT = 128 + 15;

    @EachEngine
    @Needs("redis-benchmark")
    void terminatedUnderLoadItEndsByItselfAndQuietly(EngineChoice engine) {
        try (PackagedServer server = PackagedServer.start(engine)) {
            String port = "" + server.kvPort();
            int before;
            try (Program load = Program.start(
                    "redis-benchmark", "-p", port, "-n", "100000000", "-c", "50", "-P", "16", "-q", "-t", "set,get")) {
                await().atMost(Duration.ofSeconds(30)).until(() -> load.output().contains("rps="));

                // What a cold server on a busy machine says under its first load is not what is tested here.
                before = server.output().length();
                server.program().terminate();

                // The shutdown phase has 20 seconds; busy connections are to be finished long before.
                assertThat(server.program().await(Duration.ofSeconds(15))).isEqualTo(SIGTERM_EXIT);
            }
            assertThat(server.output().substring(before)).doesNotContain("Exception", "\tat ", "WARN", "ERROR");
        }
    }
}
