package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * TLS connections that do nothing: what does each keep of the server's memory, after its handshake and one echo?
 *
 * <pre>{@code
 * benchmarks/run TlsIdle
 * benchmarks/run TlsIdle connections=1000 rounds=1 to=/tmp/tls-idle.md
 * }</pre>
 */
final class TlsIdle {
    /**
     * The heap is touched in full at the start: what the resident set grows by lies outside it. Without the second compiler, whose
     * own memory, up to 20 MB while it works, would be counted with the connections.
     */
    private static final List<String> FLAGS =
            List.of("-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");

    private static final Duration WARM_UP = Duration.ofSeconds(5);

    private TlsIdle() {}

    /** For each connection, in bytes. */
    private record Share(double heap, double outside) {}

    public static void main(String[] arguments) throws IOException {
        Tls.prepare();
        Arguments given = new Arguments(arguments);
        int connections = given.number("connections", 5000);
        int rounds = given.number("rounds", 3);
        String servers = given.text("servers", "");
        Path to = Path.of(given.text("to", "docs/benchmarks/tls-idle.md"));
        given.done();

        Map<Candidate, List<Share>> shares = new LinkedHashMap<>();
        try (TlsKeys keys = TlsKeys.make()) {
            for (int round = 0; round < rounds; round++) {
                for (Candidate candidate : Tls.candidates(keys.store(), 0, servers)) {
                    Share share = measure(candidate, connections);
                    shares.computeIfAbsent(candidate, _ -> new ArrayList<>()).add(share);
                    IO.println("%-30s heap %8.0f, outside %8.0f bytes a connection"
                            .formatted(candidate.name(), share.heap(), share.outside()));
                }
            }
        }
        List<List<String>> rows = new ArrayList<>();
        shares.forEach((candidate, measured) -> {
            double heap = Report.median(measured.stream().map(Share::heap).toList());
            double outside = Report.median(measured.stream().map(Share::outside).toList());
            rows.add(List.of(
                    candidate.name(), Report.number(heap), Report.number(outside), Report.number(heap + outside)));
        });
        new Report(
                        "Idle TLS connections",
                        Report.number(connections) + " connections, each after its handshake and an echo of 64 bytes. "
                                + Tls.AGREED,
                        "Medians of " + rounds + " processes for each server, warmed up with "
                                + WARM_UP.toSeconds()
                                + " s of handshakes. Heap: after a collection. Outside: growth of the"
                                + " resident set, of a process whose heap was touched in full.")
                .circumstancesOfServers("benchmarks/run TlsIdle " + String.join(" ", arguments), FLAGS)
                .candidates(Tls.candidates(Path.of("..."), 0, servers))
                .heading("Bytes a connection")
                .table(List.of("server", "heap", "outside the heap", "together"), rows)
                .write(to);
    }

    private static Share measure(Candidate candidate, int connections) throws IOException {
        try (ServerProcess server = ServerProcess.start(candidate, "", FLAGS)) {
            TlsLoadGenerator.run(
                    server.address(), TlsLoad.handshakes(16, false, WARM_UP), Duration.ZERO, server::cpuNanos);
            Footprint before = Footprint.parse(server.figures());
            TlsLoad load = TlsLoad.echo(connections, TlsAnswers.REQUEST_BYTES, Duration.ZERO);
            try (TlsLoadGenerator _ = TlsLoadGenerator.connectIdle(server.address(), load)) {
                Footprint after = Footprint.parse(server.figures());
                return new Share(
                        (double) (after.heap() - before.heap()) / connections,
                        (double) (after.resident() - before.resident()) / connections);
            }
        }
    }
}
