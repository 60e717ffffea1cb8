package io.iocp.benchmarks.files;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.DemoApplication;
import io.iocp.benchmarks.measure.ForeignServer;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Rounds;
import io.iocp.benchmarks.measure.Settings;
import io.iocp.benchmarks.measure.Version;
import io.iocp.benchmarks.page.Goal;
import io.iocp.benchmarks.page.Section;
import io.iocp.benchmarks.page.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files over HTTP out of the page cache: what does one cost, and what does a MiB? */
public final class FileServer implements Workload {
    private static final String NGINX = "nginx";
    private static final String DEMO = "demo files";
    private static final int BIG_MIB = 1024;
    private static final int BIG_AT_ONCE = 3;

    @Override
    public String name() {
        return "files";
    }

    @Override
    public String title() {
        return "Files over HTTP";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        Settings settings = Settings.of(given, true, Duration.ofSeconds(4), Duration.ofSeconds(2), 5);
        int bigMib = given.number("big-mib", BIG_MIB);
        given.done();
        settings.pinLoad();
        int nginxPort = ForeignServer.freePort();
        try (Site site = Site.create(bigMib)) {
            Candidate nginx = Candidate.executable(
                    NGINX,
                    Path.of("nginx"),
                    "-e",
                    "stderr",
                    "-c",
                    site.nginxConfiguration(nginxPort).toString());
            try (ForeignServer first = ForeignServer.start(nginx, settings.serverProcessors(), nginxPort)) {
                int demoPort = ForeignServer.freePort();
                Candidate demo = DemoApplication.serving(DEMO, "files", demoPort, "--demo.files.root=" + site.root());
                section.circumstance("how", settings.text())
                        .circumstance("version of nginx", Version.of("nginx", "-v"))
                        .circumstance("settings of nginx", "`" + Site.NGINX_SETTINGS + "`")
                        .candidates(List.of(demo));
                try (ForeignServer second = ForeignServer.start(demo, settings.serverProcessors(), demoPort)) {
                    Map<String, ForeignServer> servers = new LinkedHashMap<>();
                    servers.put(NGINX, first);
                    servers.put(DEMO, second);
                    download(settings, servers, bigMib, progress, section);
                }
            }
        }
    }

    private static void download(
            Settings settings, Map<String, ForeignServer> servers, int bigMib, Progress progress, Section section)
            throws Exception {
        Downloads downloads = new Downloads(settings.loadProcessors());
        progress.say("10 KiB");
        Comparison small = Rounds.of(
                settings,
                servers,
                progress,
                (server, counts, millis) -> downloads.measure(server, Site.small(), Site.SMALL_BYTES, counts, millis));
        section.comparison("10 KiB", small, Metric.SERVER_CPU, "`" + Downloads.wrk() + "`");
        progress.say("1 MiB");
        Comparison middle = Rounds.of(
                settings,
                servers,
                progress,
                (server, counts, millis) -> downloads.measure(server, Site.middle(), Site.MIB, counts, millis));
        section.comparison("1 MiB", middle, Metric.SERVER_CPU, "`" + Downloads.wrk() + "`");
        section.goal(Goal.atLeast(
                "1 MiB: downloads per second of server CPU",
                1,
                "",
                middle.ratio(NGINX, DEMO, Metric.SERVER_CPU),
                "of nginx"));
        progress.say(bigMib + " MiB");
        Comparison big = Rounds.of(
                settings,
                servers,
                progress,
                (server, counts, millis) -> downloads.curl(server, Site.big(bigMib), bigMib, BIG_AT_ONCE));
        section.comparison(bigMib + " MiB, " + BIG_AT_ONCE + " at once by `curl`", big, Downloads.CPU_PER_MIB);
    }
}
