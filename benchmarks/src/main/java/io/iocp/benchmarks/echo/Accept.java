package io.iocp.benchmarks.echo;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.EchoLoad;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/** Connections that come, exchange one message, and go. What does each cost? */
public final class Accept implements Workload {
    private static final int CONCURRENT = 50;

    @Override
    public String name() {
        return "accept";
    }

    @Override
    public String title() {
        return "Connections that come and go";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofSeconds(1), 7);
        given.done();
        List<Candidate> candidates = EchoServers.fastest();
        section.circumstance("how", settings.text()).candidates(candidates);
        try (EchoLoad load = EchoLoad.start(settings.loadProcessors())) {
            Comparison measured = Rounds.ofServers(
                    settings,
                    candidates,
                    progress,
                    (server, _, millis) -> load.churn(server, CONCURRENT, Settings.AGAIN, millis));
            section.comparison(
                    null,
                    measured,
                    Metric.PER_SECOND,
                    CONCURRENT
                            + " at once, each: connect, 64 bytes there and back, reset by the client, which so keeps no port in"
                            + " TIME_WAIT; then the next.");
            String fastest = measured.most(Metric.PER_SECOND, EchoServers::isNetty);
            String cheapest = measured.least(Metric.SERVER_CPU, EchoServers::isNetty);
            section.goal(Goal.atLeast(
                            "connections a second",
                            1,
                            " x",
                            measured.ratio(EchoServers.PORT, fastest, Metric.PER_SECOND),
                            fastest + "'s"))
                    .goal(Goal.atMost(
                            "processor time of a connection",
                            1,
                            " x",
                            measured.ratio(EchoServers.PORT, cheapest, Metric.SERVER_CPU),
                            cheapest + "'s"));
        }
    }
}
