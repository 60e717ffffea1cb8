package io.iocp.benchmarks.kv;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.DemoApplication;
import io.iocp.benchmarks.measure.ForeignServer;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Sample;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.measure.Version;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Table;
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A key-value server in Java beside the one in C, asked by the latter's own benchmark. */
public final class KeyValue implements Workload {
    private static final String REDIS = "redis-server";
    private static final String DEMO = "demo kv";
    private static final List<RedisBenchmark> ASKED = List.of(
            new RedisBenchmark("SET", 1),
            new RedisBenchmark("GET", 1),
            new RedisBenchmark("SET", 16),
            new RedisBenchmark("GET", 16));

    @Override
    public String name() {
        return "kv";
    }

    @Override
    public String title() {
        return "Key-value server";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofSeconds(1), 5);
        given.done();
        settings.pinLoad();
        int redisPort = ForeignServer.freePort();
        Candidate redis = new Candidate(
                REDIS,
                "redis-server",
                false,
                List.of(
                        "--port",
                        Integer.toString(redisPort),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--io-threads",
                        "1"));
        try (ForeignServer first = ForeignServer.start(redis, settings.serverProcessors(), redisPort)) {
            int demoPort = ForeignServer.freePort();
            Candidate demo = DemoApplication.serving(DEMO, "kv", demoPort, "--demo.kv.append-only=");
            section.candidates(List.of(redis, demo))
                    .circumstance("how", settings.text())
                    .circumstance("version of Redis", Version.of("redis-server", "--version"));
            try (ForeignServer second = ForeignServer.start(demo, settings.serverProcessors(), demoPort)) {
                Map<String, ForeignServer> servers = new LinkedHashMap<>();
                servers.put(REDIS, first);
                servers.put(DEMO, second);
                for (RedisBenchmark benchmark : ASKED) {
                    ask(benchmark, settings, servers, progress, section);
                }
            }
        }
    }

    private static void ask(
            RedisBenchmark benchmark,
            Settings settings,
            Map<String, ForeignServer> servers,
            Progress progress,
            Section section)
            throws Exception {
        String what = benchmark.test() + ", -P " + benchmark.pipelined();
        progress.say(what);
        Map<ForeignServer, Sample> before = new HashMap<>();
        Comparison measured = Rounds.of(settings, servers, progress, (server, counts, millis) -> {
            Sample last = before.get(server);
            Sample sample = last == null
                    ? benchmark.warmUp(server, settings.loadProcessors(), millis)
                    : benchmark.run(server, settings.loadProcessors(), RedisBenchmark.requests(last, millis));
            before.put(server, sample);
            return sample;
        });
        section.comparison(what, measured, Metric.SERVER_CPU, "`" + String.join(" ", benchmark.command()) + "`");
        double perProcessorSecond = measured.ratio(REDIS, DEMO, Metric.SERVER_CPU);
        section.goal(new Goal(
                what + ": requests per second of server CPU",
                "≥ 1 of redis-server",
                Table.number(perProcessorSecond, 3) + " (requests a second: "
                        + Table.number(measured.ratio(DEMO, REDIS, Metric.PER_SECOND), 3) + ")",
                perProcessorSecond >= 1));
    }
}
