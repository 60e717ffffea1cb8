package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/**
 * What the starter's meters and observations cost: an echo of an annotated handler with all meters and without, one record of a
 * latency, one observed call.
 */
public final class Meters implements Workload {
    private static final int SMALL = 64;

    @Override
    public String name() {
        return "meters";
    }

    @Override
    public String title() {
        return "Meters and observations";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        // More rounds than elsewhere: what is looked for is a few per cent.
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofMillis(500), 15);
        int connections = given.number("connections", 50);
        given.done();
        List<Candidate> candidates = List.of(
                server("no meters", "meters=false"),
                server("all meters", "meters=true"),
                server("all meters and events", "meters=true", "events=true"),
                server("no meters, again", "meters=false"));
        section.candidates(candidates).circumstance("how", settings.text());
        EchoLoad.Shape shape = EchoLoad.Shape.pingPong(connections, SMALL);
        try (EchoLoad load = EchoLoad.start(settings.loadProcessors())) {
            Comparison echoes = Rounds.ofServers(
                    settings,
                    candidates,
                    progress,
                    (server, _, millis) -> load.ask(server, shape, Settings.AGAIN, millis));
            section.comparison(
                    "An echo with meters",
                    echoes,
                    Metric.SERVER_CPU,
                    connections
                            + " connections, 64 bytes, ping-pong through `@IoCompletionHandler ByteBuffer echo(ByteBuffer)`, one"
                            + " shard; every server is scraped every five seconds, as Prometheus does it every fifteen. The server"
                            + " without meters is there twice: what the second differs by is the noise.");
        }
        Settings inMemory = settings.warmUp(settings.warmUp().dividedBy(2)).rounds(Math.min(settings.rounds(), 7));
        section.comparison(
                "One record of a latency",
                LatencyRecords.measure(inMemory, progress),
                LatencyRecords.NANOS,
                "On one thread, without reading the clock; what the loop itself takes is taken off.");
        section.comparison(
                "One observation",
                ObservationCost.measure(inMemory, progress),
                ObservationCost.NANOS,
                "A call of a handler that does nothing, and a post that is taken by the same thread.");
    }

    private static Candidate server(String name, String... arguments) {
        return Candidate.java(name, AnnotatedEchoServer.class, arguments);
    }
}
