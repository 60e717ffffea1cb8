package io.iocp.benchmarks.blocking;

import io.iocp.benchmarks.echo.PortEchoServer;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Servers;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is left behind when shards have changed hands ten thousand times over 64 workers: does a plain echo on the same
 * connections cost more than before? A second server, whose shards never change hands, is measured in turn with it, so that the
 * machine's own ups and downs can be told apart.
 */
public final class HandOvers implements Workload {
    private static final String HANDED_OVER = "handed over";
    private static final String CONTROL = "control";
    private static final String COUNT = "handOvers";
    private static final Duration LONGEST = Duration.ofMinutes(2);

    @Override
    public String name() {
        return "hand-overs";
    }

    @Override
    public String title() {
        return "An echo after many hand-overs";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, false, Duration.ofSeconds(4), Duration.ofSeconds(1), 7);
        int wanted = given.number("hand-overs", 10_000);
        int connections = given.number("connections", 200);
        String engine = given.text("engine", "io_uring");
        given.done();

        // So many naps at once that every worker gets its turn.
        Candidate candidate = Candidate.java(
                HANDED_OVER, PortEchoServer.class, "engine=" + engine, "detection=hand-over", "nap=40", "threads=64");
        List<Candidate> candidates = List.of(candidate, candidate.named(CONTROL));
        section.candidates(candidates).circumstance("how", settings.text());
        Load plain = new Load(connections, 0, 0);
        try (Servers servers = Servers.start(settings, candidates);
                LoadGenerator handed = connect(servers, HANDED_OVER, connections);
                LoadGenerator control = connect(servers, CONTROL, connections)) {
            Map<String, LoadGenerator> clients = new LinkedHashMap<>();
            clients.put(HANDED_OVER, handed);
            clients.put(CONTROL, control);
            Comparison before = Rounds.of(settings, clients, progress, (c, _, millis) -> c.run(plain, millis));
            String took = handOver(servers.get(HANDED_OVER), handed, wanted, new Load(connections, 10, 0));
            progress.say(took);
            Comparison after = Rounds.of(
                    settings.warmUp(Duration.ZERO), clients, progress, (c, _, millis) -> c.run(plain, millis));
            section.text(connections
                    + " connections, the same before and after: 64 bytes, ping-pong, nothing sleeps while it is"
                    + " measured. In between, undeclared handlers sleep 40 ms on one message in 10 of one of the two"
                    + " servers: " + took + ".");
            section.comparison("Before", before, Metric.SERVER_CPU);
            section.comparison("After", after, Metric.SERVER_CPU);
            double change = change(before, after, HANDED_OVER);
            double natural = change(before, after, CONTROL);
            section.text("Processor time of an echo, after / before: " + Table.number(change, 3)
                    + "; of the server whose shards stayed where they were: " + Table.number(natural, 3) + ".");
        }
    }

    private static LoadGenerator connect(Servers servers, String name, int connections) throws IOException {
        return LoadGenerator.connect(servers.get(name), connections);
    }

    /** Until there were so many; says what it was. */
    private static String handOver(ServerProcess server, LoadGenerator clients, int wanted, Load sleepy)
            throws IOException {
        long begin = System.nanoTime();
        long first = server.figure(COUNT);
        long done = 0;
        while (done < wanted) {
            if (System.nanoTime() - begin > LONGEST.toNanos()) {
                throw new IOException("only " + done + " hand-overs in " + LONGEST);
            }
            clients.run(sleepy, 1000);
            done = server.figure(COUNT) - first;
        }
        return Table.number((double) done, 0) + " hand-overs in " + Table.number((System.nanoTime() - begin) / 1e9, 1)
                + " s";
    }

    private static double change(Comparison before, Comparison after, String server) {
        return after.median(server, Metric.SERVER_CPU) / before.median(server, Metric.SERVER_CPU);
    }
}
