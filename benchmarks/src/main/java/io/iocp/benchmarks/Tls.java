package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TLS: what do a handshake, a small echo and a stream cost each server?
 *
 * <pre>{@code
 * benchmarks/run Tls
 * benchmarks/run Tls workloads=echo rounds=3 millis=1000 to=/tmp/tls.md
 * }</pre>
 */
final class Tls {
    private static final int KIB = 1024;
    private static final int STREAM_BYTES = 64 * KIB;
    private static final int STREAM_CONNECTIONS = 8;
    /** The JDK's TLS is a good deal of code, and the compiler has to share the server's processor. */
    private static final Duration WARM_UP = Duration.ofSeconds(15);

    /** At once, each of which makes a new one when the last is done. */
    private static final int HANDSHAKES = 16;

    /** What all servers and clients do. */
    static final String AGREED =
            "TLS 1.3, TLS_AES_128_GCM_SHA256, key share x25519, certificate ECDSA P-256. OpenSSL stands for"
                    + " BoringSSL of netty-tcnative " + versionOfOpenSsl() + ", its absence for the JDK's own TLS.";

    private Tls() {}

    /** One kind of work. */
    private record Workload(String name, String text, int answerBytes, TlsLoad load) {

        static Map<String, Workload> all(Duration measured) {
            Map<String, Workload> all = new LinkedHashMap<>();
            all.put(
                    "handshakes",
                    new Workload(
                            "Handshakes",
                            HANDSHAKES + " at once, each: connect, full handshake, one byte there and back, close.",
                            0,
                            TlsLoad.handshakes(HANDSHAKES, false, measured)));
            all.put(
                    "resumed",
                    new Workload(
                            "Handshakes that resume",
                            "The same, with a ticket of an earlier session.",
                            0,
                            TlsLoad.handshakes(HANDSHAKES, true, measured)));
            all.put(
                    "echo",
                    new Workload("Echo", "50 connections, 1 KiB, ping-pong.", 0, TlsLoad.echo(50, KIB, measured)));
            all.put(
                    "stream",
                    new Workload(
                            "Stream",
                            STREAM_CONNECTIONS + " connections, 64 KiB in answer to each request of 64 bytes.",
                            STREAM_BYTES,
                            TlsLoad.download(STREAM_CONNECTIONS, STREAM_BYTES, measured)));
            return all;
        }
    }

    public static void main(String[] arguments) throws IOException {
        prepare();
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given, true, WARM_UP);
        Map<String, Workload> workloads = Workload.all(settings.measured());
        Set<String> chosen = Set.of(
                given.text("workloads", String.join(",", workloads.keySet())).split(",", -1));
        String servers = given.text("servers", "");
        Path to = Path.of(given.text("to", "docs/benchmarks/tls.md"));
        given.done();
        workloads.keySet().retainAll(chosen);

        try (TlsKeys keys = TlsKeys.make()) {
            Report report = new Report(
                            "TLS",
                            "Each server has one event loop or shard. " + AGREED,
                            "Figures are medians over the rounds; `x first` is the median of the ratios, round by round, to the"
                                    + " first row's. The clients are the same for all: one thread with OpenSSL's engine that decrypts"
                                    + " and compares the first answers of each connection and then counts records. Where the server"
                                    + " is busy for less than 1 the load generator was the bound: compare processor time there.")
                    .circumstances("benchmarks/run Tls " + String.join(" ", arguments), settings)
                    .candidates(candidates(Path.of("..."), 0, servers));
            for (Workload workload : workloads.values()) {
                Map<Candidate, List<Measurement>> measured = new Rounds(settings)
                        .run(
                                candidates(keys.store(), workload.answerBytes(), servers),
                                Duration.ofMillis(300),
                                (server, warmUp, cpu) -> TlsLoadGenerator.run(server, workload.load(), warmUp, cpu));
                report.heading(workload.name())
                        .paragraphs(workload.text())
                        .table(TlsTable.HEADS, TlsTable.rows(measured));
            }
            report.write(to);
        }
    }

    /** To be called before anything of Netty is touched. */
    static void prepare() {
        System.setProperty(TlsKeys.GROUPS_PROPERTY, TlsKeys.GROUPS);
        NettyTls.onlyWarnings();
    }

    private static String versionOfOpenSsl() {
        Matcher jar =
                Pattern.compile("netty-tcnative-classes-([^/]+)[.]jar").matcher(System.getProperty("java.class.path"));
        return jar.find() ? jar.group(1) : "unknown";
    }

    /** All whose names contain what was asked for. */
    static List<Candidate> candidates(Path keys, int answerBytes, String asked) {
        List<Candidate> candidates = new ArrayList<>();
        candidates.add(port("port", keys, answerBytes, "engine=io_uring"));
        candidates.add(port("port on NIO", keys, answerBytes, "engine=nio"));
        candidates.add(netty("Netty epoll", keys, answerBytes, "transport=epoll"));
        candidates.add(netty("Netty io_uring", keys, answerBytes, "transport=io_uring"));
        candidates.add(port("port, OpenSSL", keys, answerBytes, "engine=io_uring", "provider=openssl"));
        candidates.add(netty("Netty epoll, OpenSSL", keys, answerBytes, "transport=epoll", "provider=openssl"));
        candidates.add(netty("Netty io_uring, OpenSSL", keys, answerBytes, "transport=io_uring", "provider=openssl"));
        candidates.removeIf(
                candidate -> !candidate.name().toLowerCase(Locale.ROOT).contains(asked));
        return candidates;
    }

    private static Candidate port(String name, Path keys, int answerBytes, String... more) {
        return new Candidate(name, TlsPortServer.class, arguments(keys, answerBytes, more));
    }

    private static Candidate netty(String name, Path keys, int answerBytes, String... more) {
        return new Candidate(name, TlsNettyServer.class, arguments(keys, answerBytes, more));
    }

    private static List<String> arguments(Path keys, int answerBytes, String... more) {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.add("answer=" + answerBytes);
        arguments.add("keys=" + keys);
        return arguments;
    }
}
