package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Counters;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.EchoLoad.Shape;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Servers;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every byte that comes is sent back. What does that cost each server? */
public final class Echo implements Workload {
    private static final int SMALL = 64;
    private static final int KIB = 1024;
    private static final int DEEP = 32;
    /** One object for some hundreds of echoes is of other threads, such as the one that says how much was allocated. */
    private static final double NOTHING = 0.1;

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public String title() {
        return "Echo";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofSeconds(1), 5);
        int many = given.number("connections", 10_000);
        CountedEcho.Extent extent = CountedEcho.Extent.of(given);
        given.done();
        List<Candidate> candidates = EchoServers.all();
        section.circumstance("how", settings.text())
                .candidates(candidates)
                .text(
                        "Each server has one event loop, shard or carrier thread, and a processor of its own; the load generator has"
                                + " the other. `" + EchoServers.FLOOR
                                + "` is the least that the kernel asks for: nothing but the ring; `"
                                + EchoServers.SHARED
                                + "` the same with a ring that may change its thread, as the port's may.");
        try (Servers up = Servers.start(settings, candidates);
                EchoLoad load = EchoLoad.start(settings.loadProcessors())) {
            Map<String, ServerProcess> servers = up.byName();
            Asked asked = new Asked(settings, load, progress, section);
            Comparison usual = asked.all(servers, Shape.pingPong(EchoServers.USUAL, SMALL), "50 connections, 64 bytes");
            Comparison counted = new CountedEcho(load, progress, extent).of(servers, section);
            EchoServers.onlyTheFastest(servers);
            Asked warm = asked.warm();
            warm.all(servers, Shape.pingPong(EchoServers.USUAL, KIB), "50 connections, 1 KiB");
            warm.all(servers, Shape.pingPong(1, SMALL), "1 connection, 64 bytes");
            Comparison thousand = warm.all(
                    servers, Shape.pingPong(many / 10, SMALL), Table.number(many / 10.0, 0) + " connections, 64 bytes");
            Comparison idlers = warm.all(
                    servers,
                    new Shape(many, EchoServers.USUAL, SMALL, 1),
                    Table.number(many, 0) + " connections of which 50 are active, 64 bytes");
            Comparison crowd = warm.all(
                    servers, Shape.pingPong(many, SMALL), Table.number(many, 0) + " connections, all active, 64 bytes");
            Comparison deep = warm.all(
                    servers,
                    new Shape(EchoServers.USUAL, EchoServers.USUAL, SMALL, DEEP),
                    "50 connections, 64 bytes, 32 messages under way on each");
            goals(section, usual, counted, thousand, idlers, crowd, deep);
        }
    }

    /** Asks all servers for one shape of load. */
    private record Asked(Settings settings, EchoLoad load, Progress progress, Section section) {

        /** For servers that have been asked for something like it before. */
        Asked warm() {
            Duration little = settings.warmUp().dividedBy(4);
            return new Asked(settings.warmUp(little), load, progress, section);
        }

        Comparison all(Map<String, ServerProcess> servers, Shape shape, String heading) throws Exception {
            progress.say(heading);
            Comparison measured = Rounds.of(
                    settings,
                    servers,
                    progress,
                    (server, _, millis) -> load.ask(server, shape, Settings.AGAIN, millis));
            section.comparison(heading, measured, Metric.SERVER_CPU);
            return measured;
        }
    }

    private static void goals(
            Section section,
            Comparison usual,
            Comparison counted,
            Comparison thousand,
            Comparison idlers,
            Comparison crowd,
            Comparison deep) {
        String best = usual.least(Metric.SERVER_CPU, EchoServers::isNetty);
        String port = EchoServers.PORT;
        section.goal(Goal.atMost(
                        "instructions in user space of an echo, 50 connections",
                        500,
                        "",
                        counted.median(port, Counters.USER),
                        "(Netty's best "
                                + Table.number(
                                        counted.median(
                                                counted.least(Counters.USER, EchoServers::isNetty), Counters.USER),
                                        0)
                                + ")"))
                .goal(Goal.atMost(
                        "processor time of an echo, 50 connections",
                        0.9,
                        " x",
                        cost(usual, port, best),
                        best + "'s (the C ring " + Table.number(cost(usual, EchoServers.FLOOR, best), 3) + ")"))
                .goal(Goal.atMost(
                        "the same, on NIO",
                        1,
                        " x",
                        cost(usual, EchoServers.PORT_NIO, EchoServers.NETTY_NIO),
                        "Netty NIO's"))
                .goal(Goal.atMost(
                        "instructions in user space on NIO",
                        1,
                        " x",
                        counted.ratio(EchoServers.PORT_NIO, EchoServers.NETTY_NIO, Counters.USER),
                        "Netty NIO's"));
        Map<String, Comparison> larger = new LinkedHashMap<>();
        larger.put("1,000 connections", thousand);
        larger.put("10,000 connections of which 50 are active", idlers);
        larger.forEach((shape, measured) -> section.goal(Goal.atMost(
                        "processor time of an echo, " + shape,
                        1.2,
                        " x",
                        measured.median(port, Metric.SERVER_CPU) / usual.median(port, Metric.SERVER_CPU),
                        "that at 50"))
                .goal(againstBest("the same", 1, measured)));
        section.goal(Goal.atMost(
                        "processor time of an echo, 10,000 connections, all active",
                        1.25,
                        " x",
                        cost(crowd, port, EchoServers.FLOOR),
                        "the C ring's"))
                .goal(Goal.atLeast(
                        "messages for a second of processor time, 32 under way",
                        1.3,
                        " x",
                        1 / cost(deep, port, deep.least(Metric.SERVER_CPU, EchoServers::isNetty)),
                        deep.least(Metric.SERVER_CPU, EchoServers::isNetty) + "'s"))
                .goal(Goal.atMost(
                        "system calls of an echo, 50 connections",
                        0.1,
                        "",
                        counted.median(port, Counters.SYSTEM_CALLS),
                        ""))
                .goal(new Goal(
                        "bytes allocated for an echo, plain handler",
                        "0",
                        Table.number(counted.median(port, CountedEcho.ALLOCATED), 2),
                        counted.median(port, CountedEcho.ALLOCATED) < NOTHING));
    }

    private static Goal againstBest(String what, double bound, Comparison measured) {
        String best = measured.least(Metric.SERVER_CPU, EchoServers::isNetty);
        return Goal.atMost(what, bound, " x", cost(measured, EchoServers.PORT, best), best + "'s");
    }

    private static double cost(Comparison measured, String candidate, String to) {
        return measured.ratio(candidate, to, Metric.SERVER_CPU);
    }
}
