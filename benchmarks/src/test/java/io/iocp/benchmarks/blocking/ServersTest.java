package io.iocp.benchmarks.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.benchmarks.echo.NettyEchoServer;
import io.iocp.benchmarks.echo.PortEchoServer;
import io.iocp.benchmarks.echo.VirtualThreadEchoServer;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each server in its own process, as in a measurement, for a fifth of a second. */
class ServersTest {
    private static final long SHORT_MILLIS = 200;
    private static final double NAP_MICROS = 5000;

    static Stream<Candidate> servers() {
        return Stream.of(
                Candidate.java("port", PortEchoServer.class, "engine=nio", "blocking=sleepers", "nap=5"),
                Candidate.java("Netty", NettyEchoServer.class, "transport=nio", "threads=8", "nap=5"),
                Candidate.java("virtual threads", VirtualThreadEchoServer.class, "nap=5"));
    }

    @ParameterizedTest
    @MethodSource("servers")
    void shouldAnswerEveryMessageAndSleepForTheMarkedOnes(Candidate candidate) throws IOException {
        try (ServerProcess server = ServerProcess.start(candidate, "")) {
            Sample closed = measure(server, new Load(10, 10, 0), m -> m.get(LoadGenerator.SLEEPERS_P50) > 0);

            assertThat(closed.get(LoadGenerator.SLEEPERS_P50)).isGreaterThanOrEqualTo(NAP_MICROS * 0.99);

            Sample open = measure(server, new Load(10, 0, 500), m -> m.get(Metric.PER_SECOND) > 0);

            assertThat(open.get(LoadGenerator.SLEEPERS_P50)).isNaN();
        }
    }

    /** A busy machine may let nothing happen for a fifth of a second: then once more. */
    private static Sample measure(ServerProcess server, Load load, Predicate<Sample> enough) {
        return await().atMost(Duration.ofMinutes(1)).until(() -> LoadGenerator.run(server, load, SHORT_MILLIS), enough);
    }
}
