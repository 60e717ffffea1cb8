package io.iocp.benchmarks.tls;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Footprint;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** TLS connections that do nothing: what does each keep of the server's memory, after its handshake and one echo? */
public final class TlsIdle implements Workload {

    /**
     * The heap is touched in full at the start: what the resident set grows by lies outside it. Without the second compiler, whose
     * own memory, up to 20 MB while it works, would be counted with the connections.
     */
    private static final List<String> FLAGS = List.of("-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");

    @Override
    public String name() {
        return "tls-idle";
    }

    @Override
    public String title() {
        return "Idle TLS connections";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        TlsServers.prepare();
        // Nothing is timed here: "millis" does not matter.
        Settings settings = Settings.of(given, false, Duration.ofSeconds(3), Duration.ZERO, 2);
        int connections = given.number("connections", 5000);
        given.done();
        section.circumstance("more flags", "`" + String.join(" ", FLAGS) + "`")
                .circumstance("processes for each server", Integer.toString(settings.rounds()))
                .circumstance("before", "handshakes for " + settings.warmUp().toMillis() + " ms")
                .candidates(TlsServers.all("KEYS"));
        try (TlsKeys keys = TlsKeys.make()) {
            Map<String, Candidate> candidates = new LinkedHashMap<>();
            TlsServers.all(keys.store().toString()).forEach(c -> candidates.put(c.name(), c));
            Comparison shares = Rounds.of(
                    settings,
                    candidates,
                    progress,
                    // A new process each time, which warms up itself.
                    (candidate, counts, _) -> counts
                            ? share(candidate, connections, settings.warmUp().toMillis())
                            : Sample.empty());
            section.comparison(
                    Table.number(connections, 0) + " connections, bytes for each",
                    shares,
                    Footprint.TOGETHER,
                    "Each after its handshake and an echo of 64 bytes. " + TlsServers.agreed()
                            + " Heap: after a collection. Outside: growth of the resident set, of a process whose heap was"
                            + " touched in full.");
        }
    }

    private static Sample share(Candidate candidate, int connections, long warmUpMillis) throws IOException {
        try (ServerProcess server = ServerProcess.start(candidate, "", FLAGS)) {
            TlsLoadGenerator.run(server, TlsLoad.handshakes(16, false), Duration.ZERO, warmUpMillis);
            Footprint before = server.footprint();
            TlsLoad load = TlsLoad.echo(connections, TlsAnswers.REQUEST_BYTES);
            try (TlsLoadGenerator _ = TlsLoadGenerator.connectIdle(server, load)) {
                Footprint after = server.footprint();
                return after.shares(before, connections);
            }
        }
    }
}
