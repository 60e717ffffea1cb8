package io.iocp.benchmarks.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.benchmarks.echo.NettyEchoServer;
import io.iocp.benchmarks.echo.PortEchoServer;
import io.iocp.benchmarks.echo.VirtualThreadEchoServer;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Measurement;
import io.iocp.benchmarks.measure.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each server in its own process, as in a measurement, for a fifth of a second. */
class ServersTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

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
            Measurement closed = measure(
                    server, new Load(10, 10, 0, SHORT, SHORT), m -> m.sleepers().getTotalCount() > 0);

            assertThat(closed.messages())
                    .isEqualTo(
                            closed.others().getTotalCount() + closed.sleepers().getTotalCount());
            assertThat(closed.sleepers().getMinValue()).isGreaterThanOrEqualTo(NAP_NANOS * 99 / 100);

            Measurement open = measure(server, new Load(10, 0, 500, SHORT, SHORT), m -> m.messages() > 0);

            assertThat(open.sleepers().getTotalCount()).isZero();
        }
    }

    /** A busy machine may let nothing happen for a fifth of a second: then once more. */
    private static Measurement measure(ServerProcess server, Load load, Predicate<Measurement> enough) {
        return await().atMost(Duration.ofMinutes(1))
                .until(() -> LoadGenerator.run(server.address(), load, server::cpuNanos), enough);
    }
}
