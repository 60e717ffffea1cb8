package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.EchoLoad.Shape;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/** Every byte that comes is sent back. What does that cost each server? */
public final class Echo implements Workload {
    private static final int SMALL = 64;

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
        given.done();
        List<Candidate> candidates = EchoServers.fastest();
        section.candidates(candidates).circumstance("how", settings.text());
        try (EchoLoad load = EchoLoad.start(settings.loadProcessors())) {
            Shape shape = Shape.pingPong(50, SMALL);
            Comparison measured = Rounds.ofServers(
                    settings,
                    candidates,
                    progress,
                    (server, counts, millis) -> load.ask(server, shape, Settings.AGAIN, millis));
            section.comparison("64 bytes, 50 connections", measured, Metric.SERVER_CPU);
            String best = measured.least(Metric.SERVER_CPU, EchoServers::isNetty);
            section.goal(Goal.atMost(
                    "processor time of an echo, 50 connections",
                    0.9,
                    "",
                    measured.ratio(EchoServers.PORT, best, Metric.SERVER_CPU),
                    "of " + best));
        }
    }
}
