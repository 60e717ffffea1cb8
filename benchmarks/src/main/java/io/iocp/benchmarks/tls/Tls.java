package io.iocp.benchmarks.tls;

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
import io.iocp.benchmarks.page.Workload;
import java.time.Duration;
import java.util.List;

/** TLS: what do a handshake, a small echo and a stream cost each server? */
public final class Tls implements Workload {
    private static final int KIB = 1024;
    private static final int STREAM_BYTES = 64 * KIB;
    private static final int STREAM_CONNECTIONS = 8;
    /** At once, each of which makes a new one when the last is done. */
    private static final int HANDSHAKES = 16;

    @Override
    public String name() {
        return "tls";
    }

    @Override
    public String title() {
        return "TLS";
    }

    @Override
    public void measure(Arguments given, Progress progress, Section section) throws Exception {
        TlsServers.prepare();
        // The JDK's TLS is a good deal of code, and the compiler has to share the server's processor.
        Settings settings = Settings.of(given, true, Duration.ofSeconds(6), Duration.ofMillis(500), 5);
        given.done();
        Settings warmAlready = settings.warmUp(settings.warmUp().dividedBy(3));
        section.circumstance("how", settings.text())
                .candidates(TlsServers.all("KEYS", "answer=BYTES"))
                .text("Each server has one event loop or shard. " + TlsServers.agreed()
                        + " The clients are the same for all: one thread with OpenSSL's engine that decrypts and compares the first"
                        + " answers of each connection and then counts records. Where `server busy` is less than 1 the load"
                        + " generator was the bound: compare processor time there.");
        try (TlsKeys keys = TlsKeys.make()) {
            try (Servers servers =
                    Servers.start(settings, TlsServers.all(keys.store().toString()))) {
                section.comparison(
                        "Handshakes",
                        run(settings, servers, progress, TlsLoad.handshakes(HANDSHAKES, false)),
                        Metric.SERVER_CPU,
                        HANDSHAKES + " at once, each: connect, full handshake, one byte there and back, close.");
                section.comparison(
                        "Handshakes that resume",
                        run(warmAlready, servers, progress, TlsLoad.handshakes(HANDSHAKES, true)),
                        Metric.SERVER_CPU,
                        "The same, with a ticket of an earlier session.");
                Comparison echo = run(warmAlready, servers, progress, TlsLoad.echo(50, KIB));
                section.comparison("Echo", echo, Metric.SERVER_CPU, "50 connections, 1 KiB, ping-pong.");
                goal(section, echo, "the JDK's engine", TlsServers.PORT, TlsServers.NETTY);
                goal(section, echo, "OpenSSL's engine", TlsServers.PORT_OPENSSL, TlsServers.NETTY_OPENSSL);
            }
            List<Candidate> streaming = TlsServers.all(keys.store().toString(), "answer=" + STREAM_BYTES);
            try (Servers servers = Servers.start(settings, streaming)) {
                section.comparison(
                        "Stream",
                        run(warmAlready, servers, progress, TlsLoad.download(STREAM_CONNECTIONS, STREAM_BYTES)),
                        Metric.SERVER_CPU,
                        STREAM_CONNECTIONS + " connections, 64 KiB in answer to each request of 64 bytes.");
            }
        }
    }

    private static Comparison run(Settings settings, Servers servers, Progress progress, TlsLoad load)
            throws Exception {
        return Rounds.of(
                settings,
                servers.byName(),
                progress,
                (server, _, millis) -> TlsLoadGenerator.run(server, load, Settings.AGAIN, millis));
    }

    private static void goal(Section section, Comparison echo, String engine, String port, List<String> netty) {
        String best = echo.least(Metric.SERVER_CPU, netty::contains);
        section.goal(Goal.atMost(
                "processor time of a TLS echo of 1 KiB, " + engine,
                1,
                "",
                echo.ratio(port, best, Metric.SERVER_CPU),
                "of " + best));
    }
}
