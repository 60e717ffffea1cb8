package io.iocp.benchmarks.posts;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.ServerProcess;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import io.iocp.benchmarks.posts.Postbox.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** One thread, or four, hand small pieces of work to two workers. */
public final class Posts implements Workload {
    private static final Metric CPU = new Metric("CPU ns each", 0);
    private static final Metric BYTES = new Metric("bytes each", 2);
    private static final Metric P50 = new Metric("p50 us", 1);
    private static final Metric P99 = new Metric("p99 us", 1);

    private static final int FEW = 64;
    private static final int MANY = 1024;
    private static final double TIMES_THREAD_POOL = 3;

    /** What other code of the process (compiler, this measuring) allocates meanwhile is far less, and an object far more. */
    private static final double NO_BYTES = 0.5;

    @Override
    public String name() {
        return "posts";
    }

    @Override
    public String title() {
        return "Posts";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, false, Duration.ofSeconds(3), Duration.ofSeconds(1), 7);
        int millis = Math.toIntExact(settings.measured().toMillis());
        int rate = given.number("rate", 100_000);
        given.done();
        section.circumstance("flags of JVMs", "`" + String.join(" ", ServerProcess.FLAGS) + "`")
                .circumstance("how", "each candidate with its producers in a process of its own; " + settings.text())
                .text("Producers post the same objects again and again to " + Postbox.WORKERS
                        + " workers, each as many as may be under way, and then wait until half of them are back. The"
                        + " work is to count, and to tell a producer that waits. Processor time is that of the whole"
                        + " process: producers, workers, compiler, garbage collector.");
        for (Kind kind : Kind.values()) {
            section.circumstance(kind.title, kind.description);
        }
        Map<Kind, PostsProcess> processes = new EnumMap<>(Kind.class);
        try {
            for (Kind kind : Kind.values()) {
                processes.put(kind, PostsProcess.start(kind, settings.serverProcessors()));
            }
            for (int producers : new int[] {1, 4}) {
                for (int inFlight : new int[] {FEW, MANY}) {
                    PostsLoad load = new PostsLoad(producers, inFlight, 0, millis);
                    String heading = named(producers) + ", " + inFlight + " under way each";
                    Comparison measured = measure(processes, load, settings, heading, progress);
                    section.comparison(heading, measured, Metric.PER_SECOND);
                    goals(section, measured, heading, producers > 1);
                }
                PostsLoad load = new PostsLoad(producers, MANY, rate, millis);
                String heading = named(producers) + String.format(Locale.ROOT, ", %,d a second together", rate);
                Comparison measured = measure(processes, load, settings, heading, progress);
                section.comparison(
                        heading,
                        measured,
                        P99,
                        "From post to handler. A producer wakes up some ten thousand times a second and posts what is due.");
            }
        } finally {
            processes.values().forEach(PostsProcess::close);
        }
    }

    private static void goals(Section section, Comparison measured, String heading, boolean contended) {
        section.goal(Goal.atMost(
                "bytes allocated for a post, " + heading,
                NO_BYTES,
                "",
                measured.median(Kind.PORT.title, BYTES),
                "with the same OverlappedIO again and again"));
        if (contended) {
            section.goal(Goal.atLeast(
                    "posts a second, " + heading,
                    TIMES_THREAD_POOL,
                    " x",
                    measured.ratio(Kind.PORT.title, Kind.THREAD_POOL.title, Metric.PER_SECOND),
                    Kind.THREAD_POOL.title));
        }
    }

    private static String named(int producers) {
        return producers == 1 ? "1 producer" : producers + " producers";
    }

    private static Comparison measure(
            Map<Kind, PostsProcess> processes, PostsLoad load, Settings settings, String heading, Progress progress)
            throws IOException {
        Comparison all = new Comparison();
        int warmUpMillis = Math.toIntExact(settings.warmUp().toMillis());
        for (PostsProcess process : processes.values()) {
            process.run(new PostsLoad(load.producers(), load.inFlight(), load.perSecond(), warmUpMillis));
        }
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Map.Entry<Kind, PostsProcess> entry : processes.entrySet()) {
                PostsSample seen = entry.getValue().run(load);
                all.add(entry.getKey().title, sample(load, seen));
                progress.say(String.format(
                        Locale.ROOT,
                        "%s, round %d of %d, %-20s %,.0f/s, %.0f ns, %.2f bytes each",
                        heading,
                        round,
                        settings.rounds(),
                        entry.getKey().title,
                        seen.perSecond(),
                        seen.cpuNanosPerPost(),
                        seen.bytesPerPost()));
            }
        }
        return all;
    }

    private static Sample sample(PostsLoad load, PostsSample seen) {
        Sample sample = Sample.empty()
                .with(Metric.PER_SECOND, seen.perSecond())
                .with(CPU, seen.cpuNanosPerPost())
                .with(BYTES, seen.bytesPerPost());
        if (load.perSecond() > 0) {
            sample.with(P50, seen.p50Nanos() / 1e3).with(P99, seen.p99Nanos() / 1e3);
        }
        return sample;
    }
}
