package io.iocp.benchmarks.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each TLS server in its own process, as in a measurement, for a fifth of a second. */
class TlsServersTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final int ANSWER_BYTES = 40_000;
    private static TlsKeys keys;

    @BeforeAll
    static void makeKeys() throws IOException {
        TlsServers.prepare();
        keys = TlsKeys.make();
    }

    @AfterAll
    static void removeKeys() throws IOException {
        keys.close();
    }

    static Stream<Candidate> servers() {
        return Stream.of(
                candidate(TlsPortServer.class, "engine=nio", "provider=jdk"),
                candidate(TlsPortServer.class, "engine=nio", "provider=openssl"),
                candidate(TlsNettyServer.class, "transport=nio", "provider=jdk"),
                candidate(TlsNettyServer.class, "transport=nio", "provider=openssl"));
    }

    private static Candidate candidate(Class<?> program, String... arguments) {
        return Candidate.java(program.getSimpleName() + List.of(arguments), program, arguments);
    }

    @ParameterizedTest
    @MethodSource("servers")
    void shouldEchoWhatTheLoadGeneratorComparesOnNewConnectionsAndOnLastingOnes(Candidate candidate)
            throws IOException {
        try (ServerProcess server = start(candidate, 0)) {
            assertAnswered(server, TlsLoad.echo(5, 1000));
            assertAnswered(server, TlsLoad.handshakes(2, false));
            assertAnswered(server, TlsLoad.handshakes(2, true));
        }
    }

    @ParameterizedTest
    @MethodSource("servers")
    void shouldAnswerEachRequestWithAsManyBytesAsItWasTold(Candidate candidate) throws IOException {
        try (ServerProcess server = start(candidate, ANSWER_BYTES)) {
            assertAnswered(server, TlsLoad.download(2, ANSWER_BYTES));
        }
    }

    private static ServerProcess start(Candidate candidate, int answerBytes) throws IOException {
        return ServerProcess.start(candidate.with("answer=" + answerBytes, "keys=" + keys.store()), "");
    }

    /** A busy machine may let nothing happen for a fifth of a second: then once more. */
    private static void assertAnswered(ServerProcess server, TlsLoad load) {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(TlsLoadGenerator.run(server, load, SHORT, SHORT.toMillis())
                                .get(Metric.PER_SECOND))
                        .isPositive());
    }
}
