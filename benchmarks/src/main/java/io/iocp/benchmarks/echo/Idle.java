package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.EchoLoad.Shape;
import io.iocp.benchmarks.measure.Footprint;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/** Connections that have said something once and do nothing. What does each keep of the server's memory? */
public final class Idle implements Workload {
    /**
     * The heap is touched in full at the start: what the resident set grows by lies outside it. Without the second compiler, whose
     * own memory, up to 20 MB while it works, would be counted with the connections.
     */
    private static final List<String> FLAGS =
            List.of("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");

    private static final int SHORT = 8;
    private static final int KIB = 1024;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String title() {
        return "Memory of idle connections";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, false, Duration.ofSeconds(2), Duration.ZERO, 3);
        int connections = given.number("connections", 15_000);
        given.done();
        List<Candidate> candidates = EchoServers.ofTheJvm();
        section.circumstance("how", settings.rounds() + " processes of each server, in turn")
                .circumstance("more flags", "`" + String.join(" ", FLAGS) + "`")
                .candidates(candidates);
        Comparison measured = new Comparison();
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Candidate candidate : candidates) {
                Sample sample = ofOne(candidate, connections, settings.warmUp());
                progress.say("round " + round + " of " + settings.rounds() + ", " + candidate.name() + " "
                        + Table.number(sample.get(Footprint.TOGETHER), 0));
                measured.add(candidate.name(), sample);
            }
        }
        section.comparison(
                null,
                measured,
                Footprint.TOGETHER,
                "Bytes for each of " + Table.number(connections, 0) + " connections, which have exchanged " + SHORT
                        + " bytes. Heap: after a collection. Outside: growth of the resident set, of a process whose heap was"
                        + " touched in full. The kernel's own memory for a socket, the same for all, is not in it.");
        String least = measured.least(Footprint.TOGETHER, EchoServers::isNetty);
        section.goal(Goal.atMost(
                        "bytes of an idle connection",
                        KIB,
                        "",
                        measured.median(EchoServers.PORT, Footprint.TOGETHER),
                        ""))
                .goal(Goal.atMost(
                        "the same",
                        0.5,
                        " x",
                        measured.ratio(EchoServers.PORT, least, Footprint.TOGETHER),
                        least + "'s"));
    }

    private static Sample ofOne(Candidate candidate, int connections, Duration warmUp) throws Exception {
        try (ServerProcess server = ServerProcess.start(candidate, "", FLAGS);
                EchoLoad load = EchoLoad.start("")) {
            load.ask(server, Shape.pingPong(EchoServers.USUAL, SHORT), Duration.ZERO, warmUp.toMillis());
            Footprint before = server.footprint();
            Shape all = Shape.pingPong(connections, SHORT);
            load.connect(server, all);
            load.exchange(server, all, connections);
            Footprint after = server.footprint();
            load.disconnect();
            return after.shares(before, connections);
        }
    }
}
