package io.iocp.benchmarks.parts;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.util.Version;

/** What posting, taking, starting, timers and calling a handler cost, each by itself, as JMH measures it. */
public final class Parts implements Workload {
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    /**
     * How to measure.
     *
     * @param forks processes for each benchmark; 0 = in this one
     */
    record Effort(int forks, int warmUps, int iterations, int millis) {}

    @Override
    public String name() {
        return "parts";
    }

    @Override
    public String title() {
        return "Parts of an operation";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        int millis = given.number("millis", 500);
        int warmUps = Math.max(1, given.number("warm-up-millis", 2500) / millis);
        Effort effort = new Effort(1, warmUps, given.number("rounds", 8), millis);
        given.text("apart", ""); // JMH's processes have all processors, and no load generator
        String only = given.text("only", "");
        given.done();
        progress.say("JMH, " + effort);
        Collection<RunResult> results = run(effort, only);
        List<List<String>> rows = new ArrayList<>();
        for (RunResult result : results) {
            Result<?> nanos = result.getPrimaryResult();
            rows.add(List.of(
                    label(result),
                    Table.number(nanos.getScore(), 1),
                    Table.number(nanos.getScoreError(), 1),
                    Table.number(bytes(result), 1)));
        }
        section.circumstance("how", "JMH " + Version.getPlainVersion() + ", average time, " + effort)
                .table(null, new Table(List.of("part", "ns", "± (99.9 %)", "bytes"), rows));
    }

    /** @param only part of the names of those that are to run; empty for all */
    static Collection<RunResult> run(Effort effort, String only) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(Parts.class.getPackageName() + "\\..*" + only + ".*")
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(effort.forks())
                .warmupIterations(effort.warmUps())
                .warmupTime(TimeValue.milliseconds(effort.millis()))
                .measurementIterations(effort.iterations())
                .measurementTime(TimeValue.milliseconds(effort.millis()))
                .jvmArgs("-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "--enable-native-access=ALL-UNNAMED")
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true);
        return new Runner(options.build()).run();
    }

    static String label(RunResult result) {
        String benchmark = result.getParams().getBenchmark();
        String name = benchmark.substring(Parts.class.getPackageName().length() + 1);
        String way = result.getParams().getParam("way");
        return way == null ? name : name + " " + way;
    }

    /** Allocated by all threads for one operation; not a number where it could not be counted. */
    static double bytes(RunResult result) {
        Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
        return allocated == null ? Double.NaN : allocated.getScore();
    }
}
