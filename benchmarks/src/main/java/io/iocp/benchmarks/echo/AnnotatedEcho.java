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
import io.iocp.benchmarks.measure.Servers;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/** The echo as users of Spring write it, with its meters. What does the comfort cost? */
public final class AnnotatedEcho implements Workload {
    private static final String ANNOTATED = "@IoCompletionHandler, all meters";
    private static final double MORE_BY = 1.15;
    private static final int MORE = 250;
    private static final int SMALL = 64;

    @Override
    public String name() {
        return "annotated-echo";
    }

    @Override
    public String title() {
        return "Echo in Spring";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, true, Duration.ofSeconds(6), Duration.ofSeconds(1), 7);
        CountedEcho.Extent extent = CountedEcho.Extent.of(given);
        given.done();
        List<Candidate> candidates = List.of(
                EchoServers.port("concurrency=1", "threads=1"),
                Candidate.java(ANNOTATED, AnnotatedEchoServer.class, "meters=true"),
                Candidate.java("@IoCompletionHandler, no meters", AnnotatedEchoServer.class, "meters=false"),
                Candidate.java("@IoCompletionHandler on NIO, all meters", AnnotatedEchoServer.class, "engine=nio"),
                Candidate.java("Reactor Netty, epoll, metrics", ReactorNettyEchoServer.class, "metrics=true"),
                Candidate.java("Reactor Netty, epoll", ReactorNettyEchoServer.class),
                Candidate.java(
                        "Spring Integration, gateway, metrics",
                        SpringIntegrationEchoServer.class,
                        "style=net",
                        "metrics=true",
                        "bytes=64"),
                Candidate.java(
                        "Spring Integration, gateway", SpringIntegrationEchoServer.class, "style=net", "bytes=64"));
        section.circumstance("how", settings.text()).candidates(candidates);
        try (Servers servers = Servers.start(settings, candidates);
                EchoLoad load = EchoLoad.start(settings.loadProcessors())) {
            Shape shape = Shape.pingPong(EchoServers.USUAL, SMALL);
            section.comparison(
                    "50 connections, 64 bytes",
                    Rounds.of(
                            settings,
                            servers.byName(),
                            progress,
                            (server, _, millis) -> load.ask(server, shape, Settings.AGAIN, millis)),
                    Metric.SERVER_CPU,
                    "Meters are of a Prometheus registry, scraped every five seconds, three times as often as is usual.");
            Comparison counted = new CountedEcho(load, progress, extent).of(servers.byName(), section);
            section.goal(Goal.atMost(
                    "instructions in user space through @IoCompletionHandler, all meters",
                    MORE_BY * counted.median(EchoServers.PORT, Counters.USER) + MORE,
                    "",
                    counted.median(ANNOTATED, Counters.USER),
                    "(1.15 of the plain handler's + 250)"));
        }
    }
}
