package io.iocp.benchmarks.blocking;

import io.iocp.benchmarks.echo.NettyEchoServer;
import io.iocp.benchmarks.echo.PortEchoServer;
import io.iocp.benchmarks.echo.VirtualThreadEchoServer;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Servers;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 200 connections, one message in a hundred makes its handler sleep 20 ms. What happens to the others? */
public final class BlockingMix implements Workload {
    private static final int SLEEP_ONE_IN = 100;
    /** Of a peer's rate, to be said to carry the open loop. */
    private static final double CARRIED = 0.98;

    private static final String LEARNED = "port, undeclared, learned";
    private static final String HANDED_OVER = "port, undeclared, handed over";
    private static final String DECLARED = "port, declared by message";
    private static final String VIRTUAL_THREADS = "virtual threads";

    private static final List<Candidate> ALL = List.of(
            port(LEARNED, "detection=learn"),
            port(HANDED_OVER, "detection=hand-over"),
            port("port, undeclared, no detection", "detection=off"),
            port("port, declared by handler", "blocking=all"),
            port("port, declared by handler, virtual threads", "blocking=all", "virtual-threads=1000"),
            port(DECLARED, "blocking=sleepers"),
            port("port on NIO, undeclared, learned", "detection=learn", "engine=nio"),
            port("port on NIO, declared by message", "blocking=sleepers", "engine=nio"),
            netty("Netty epoll, inline", "transport=epoll"),
            netty("Netty epoll, group of 64", "transport=epoll", "threads=64"),
            netty("Netty io_uring, inline", "transport=io_uring"),
            netty("Netty io_uring, group of 64", "transport=io_uring", "threads=64"),
            Candidate.java(VIRTUAL_THREADS, VirtualThreadEchoServer.class));

    /** Those whose behaviour depends on how often a handler blocks, and whom to compare them with. */
    private static final List<Candidate> IN_CURVE = ALL.stream()
            .filter(c -> List.of(LEARNED, HANDED_OVER, DECLARED, "Netty epoll, group of 64", VIRTUAL_THREADS)
                    .contains(c.name()))
            .toList();

    private static Candidate port(String name, String... arguments) {
        return Candidate.java(name, PortEchoServer.class, arguments);
    }

    private static Candidate netty(String name, String... arguments) {
        return Candidate.java(name, NettyEchoServer.class, arguments);
    }

    private static boolean isPeer(String candidate) {
        return !candidate.startsWith("port");
    }

    @Override
    public String name() {
        return "blocking-mix";
    }

    @Override
    public String title() {
        return "Handlers that sleep now and then";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, false, Duration.ofSeconds(2), Duration.ofSeconds(1), 5);
        int connections = given.number("connections", 200);
        int openLoop = given.number("open", 20_000);
        int curveRounds = given.number("curve-rounds", 1);
        List<String> curve = List.of(given.text("curve", "0,10000,1000,300,30").split(",", -1));
        given.done();

        section.candidates(ALL)
                .circumstance("how", settings.text())
                .text(connections + " connections send messages of 64 bytes, one at a time each; 1 in " + SLEEP_ONE_IN
                        + ", by chance, makes its handler sleep 20 ms before the server sends it back. Concurrency 2, up to 64"
                        + " threads. The client marks the message, so that every server gets the same mix. *Others* are the"
                        + " messages that do not sleep. The load generator is one thread: where `load busy` is well below 1, it"
                        + " waited for the server and not the server for it.");
        Load mix = new Load(connections, SLEEP_ONE_IN, 0);
        Comparison closed;
        Comparison open;
        try (Servers servers = Servers.start(settings, ALL)) {
            closed = Rounds.of(
                    settings,
                    servers.byName(),
                    progress,
                    (server, _, millis) -> LoadGenerator.run(server, mix, millis));
            Load due = new Load(connections, SLEEP_ONE_IN, openLoop);
            // The servers are warm already.
            open = Rounds.of(
                    settings.warmUp(Duration.ZERO),
                    servers.byName(),
                    progress,
                    (server, _, millis) -> LoadGenerator.run(server, due, millis));
        }
        section.comparison(
                "Closed loop, 1 message in " + SLEEP_ONE_IN + " sleeps",
                closed,
                Metric.PER_SECOND,
                "A connection sends its next message when the last has come back, so a server that stalls is asked less often"
                        + " and its stalls are counted less often (coordinated omission): read its throughput before its"
                        + " percentiles.");
        section.comparison(
                "Open loop, " + Table.number(openLoop, 0) + " messages/s, 1 in " + SLEEP_ONE_IN + " sleeps",
                open,
                LoadGenerator.OTHERS_P99,
                "Messages become due at a fixed rate, whatever the server does, and latency counts from then: what a user would"
                        + " feel (exact to a tenth of a millisecond). A server with fewer messages/s than that is overloaded, and"
                        + " its latency grows for as long as one measures. Others behind a sleeper of the same connection wait for"
                        + " it with every server, since messages of a connection are answered in order.");
        goals(section, closed, open, openLoop);
        curve(section, curve, mix, settings.rounds(curveRounds), progress);
    }

    private static void goals(Section section, Comparison closed, Comparison open, int openLoop) {
        String fastest = closed.most(Metric.PER_SECOND, BlockingMix::isPeer);
        // One that cannot carry the rate has no latency to compare with.
        String promptest = open.least(
                LoadGenerator.OTHERS_P99,
                c -> isPeer(c) && (c.equals(fastest) || open.median(c, Metric.PER_SECOND) > CARRIED * openLoop));
        for (String ours : List.of(DECLARED, LEARNED)) {
            section.goal(Goal.atLeast(
                    "throughput, " + ours, 1.2, "", closed.ratio(ours, fastest, Metric.PER_SECOND), "of " + fastest));
            section.goal(Goal.atMost(
                    "p99 of the others, open loop, " + ours,
                    1,
                    "",
                    open.ratio(ours, promptest, LoadGenerator.OTHERS_P99),
                    "of " + promptest + ", the least of peers that carry the rate"));
            section.goal(Goal.atMost(
                    "p99 of the others, closed loop, " + ours,
                    1,
                    "",
                    closed.ratio(ours, fastest, LoadGenerator.OTHERS_P99),
                    "of " + fastest + ", the peer of most throughput"));
        }
        section.goal(Goal.atLeast(
                "throughput, undeclared and never recognised",
                0.5,
                "",
                closed.ratio(HANDED_OVER, VIRTUAL_THREADS, Metric.PER_SECOND),
                "of " + VIRTUAL_THREADS));
    }

    private static void curve(Section section, List<String> sleepOneIn, Load mix, Settings settings, Progress progress)
            throws Exception {
        Map<String, Comparison> byRate = new LinkedHashMap<>();
        for (String messages : sleepOneIn) {
            Load load = mix.sleepingOneIn(Integer.parseInt(messages));
            // New processes for each rate: a server must not profit from what it learned at another.
            byRate.put(
                    messages.equals("0") ? "none" : "1 in " + messages,
                    Rounds.ofServers(
                            settings,
                            IN_CURVE,
                            progress,
                            (server, _, millis) -> LoadGenerator.run(server, load, millis)));
        }
        for (Metric metric : List.of(Metric.PER_SECOND, LoadGenerator.OTHERS_P99, Metric.SERVER_CPU)) {
            List<String> heads = new ArrayList<>(List.of("sleeping"));
            IN_CURVE.forEach(c -> heads.add(c.name()));
            List<List<String>> rows = new ArrayList<>();
            byRate.forEach((rate, measured) -> {
                List<String> row = new ArrayList<>(List.of(rate));
                IN_CURVE.forEach(c -> row.add(Table.number(measured.median(c.name(), metric), metric.digits())));
                rows.add(row);
            });
            section.table("Closed loop, other rates of sleeping messages: " + metric.name(), new Table(heads, rows));
        }
    }
}
