package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The blocking mix: 200 connections, one message in a hundred makes its handler sleep 20 ms. What happens to the others?
 *
 * <pre>{@code
 * benchmarks/run BlockingMix
 * benchmarks/run BlockingMix rounds=7 millis=3000 apart=true to=docs/benchmarks/blocking-mix-apart.md
 * }</pre>
 */
final class BlockingMix {
    private static final int CONNECTIONS = 200;
    private static final List<Integer> SLEEP_ONE_IN = List.of(0, 10_000, 1_000, 300, 100, 30);

    private static final List<Candidate> ALL = List.of(
            Candidate.port("port, undeclared, learned", "detection=learn"),
            Candidate.port("port, undeclared, handed over", "detection=hand-over"),
            Candidate.port("port, undeclared, no detection", "detection=off"),
            Candidate.port("port, declared by handler", "blocking=all"),
            Candidate.port("port, declared by handler, virtual threads", "blocking=all", "virtual-threads=1000"),
            Candidate.port("port, declared by message", "blocking=sleepers"),
            Candidate.port("port on NIO, undeclared, learned", "detection=learn", "engine=nio"),
            Candidate.port("port on NIO, undeclared, handed over", "detection=hand-over", "engine=nio"),
            Candidate.port("port on NIO, declared by message", "blocking=sleepers", "engine=nio"),
            Candidate.netty("Netty epoll, inline", "transport=epoll"),
            Candidate.netty("Netty epoll, group of 64", "transport=epoll", "threads=64"),
            Candidate.netty("Netty io_uring, inline", "transport=io_uring"),
            Candidate.netty("Netty io_uring, group of 64", "transport=io_uring", "threads=64"),
            Candidate.virtualThreads());

    /** Those whose behaviour depends on how often a handler blocks. */
    private static final List<String> IN_CURVE = List.of(
            "port, undeclared, learned",
            "port, undeclared, handed over",
            "port, undeclared, no detection",
            "port, declared by message",
            "Netty epoll, inline",
            "Netty epoll, group of 64",
            "virtual threads, blocking sockets");

    private BlockingMix() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given);
        int openLoop = given.number("open", 20_000);
        int openRounds = given.number("open-rounds", 3);
        int curveRounds = given.number("curve-rounds", 3);
        Path to = Path.of(given.text("to", "docs/benchmarks/blocking-mix.md"));
        List<Candidate> candidates = chosen(given.text("only", ""));
        given.done();

        Load mix = new Load(CONNECTIONS, 100, 0, Duration.ofMillis(300), settings.measured());
        Report report = new Report(
                        "Blocking mix",
                        "200 connections send messages of 64 bytes, one at a time each; 1 in 100, by chance, makes its"
                                + " handler sleep 20 ms before the server sends it back. Concurrency 2, up to 64 threads. The"
                                + " client marks the message, so that every server gets the same mix and checks nothing else.",
                        "Figures are medians over the rounds; `x first` is the median of the ratios, round by round, of"
                                + " messages/s to the first row's. *Others* are the messages that do not sleep. Processor time is"
                                + " from `/proc/PID/stat`. All servers are up all the time, one is asked at a time.")
                .circumstances("benchmarks/run BlockingMix " + String.join(" ", arguments), settings)
                .candidates(candidates);

        report.heading("Closed loop, 1 message in 100 sleeps")
                .paragraphs(
                        "A connection sends its next message when the last has come back, so a server that stalls is asked"
                                + " less often and its stalls are counted less often (coordinated omission): read its throughput"
                                + " before its percentiles.")
                .comparison(new Rounds(settings).run(candidates, mix));
        if (openLoop > 0) {
            Load open = new Load(CONNECTIONS, 100, openLoop, Duration.ofMillis(300), settings.measured());
            report.heading("Open loop, " + Report.number(openLoop) + " messages/s, 1 in 100 sleeps")
                    .paragraphs(
                            "Messages become due at a fixed rate, whatever the server does, and latency counts from then:"
                                    + " what a user would feel (exact to a tenth of a millisecond). A server with fewer messages/s than that is overloaded, and its"
                                    + " latency grows for as long as one measures. Others behind a sleeper of the same connection wait"
                                    + " for it with every server, since messages of a connection are answered in order.")
                    .comparison(new Rounds(settings.rounds(openRounds)).run(candidates, open));
        }
        if (curveRounds > 0) {
            curve(report, candidates, mix, settings.rounds(curveRounds));
        }
        report.write(to);
    }

    private static List<Candidate> chosen(String only) {
        List<Candidate> chosen = ALL.stream()
                .filter(c -> List.of(only.split(",", -1)).stream()
                        .anyMatch(part -> c.name().contains(part)))
                .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("no candidate has one of these in its name: " + only);
        }
        return chosen;
    }

    private static void curve(Report report, List<Candidate> candidates, Load mix, Rounds.Settings settings)
            throws IOException {
        List<Candidate> some =
                candidates.stream().filter(c -> IN_CURVE.contains(c.name())).toList();
        List<List<String>> throughput = new ArrayList<>();
        List<List<String>> tail = new ArrayList<>();
        List<List<String>> cpu = new ArrayList<>();
        for (int sleepOneIn : SLEEP_ONE_IN) {
            Load load = mix.sleepingOneIn(sleepOneIn);
            // New processes for each rate: a server must not profit from what it learned at another.
            Map<Candidate, List<Measurement>> measured = new Rounds(settings).run(some, load);
            throughput.add(row(load, measured, r -> Report.number(Report.median(r, Measurement::perSecond))));
            tail.add(row(load, measured, r -> Report.number(Report.median(r, m -> m.othersMicros(99)))));
            cpu.add(row(load, measured, r -> Report.decimal(Report.median(r, Measurement::serverMicrosPerMessage))));
        }
        List<String> heads = new ArrayList<>(List.of("sleeping"));
        some.forEach(c -> heads.add(c.name()));
        report.heading("How it changes with the rate of sleeping messages, closed loop")
                .paragraphs(settings.rounds() + " rounds, new processes for each rate. Messages/s:")
                .table(heads, throughput)
                .paragraphs("p99 of the others, microseconds:")
                .table(heads, tail)
                .paragraphs("Server CPU, microseconds for a message:")
                .table(heads, cpu);
    }

    private static List<String> row(
            Load load,
            Map<Candidate, List<Measurement>> measured,
            java.util.function.Function<List<Measurement>, String> cell) {
        List<String> row = new ArrayList<>(List.of(load.rate()));
        measured.values().forEach(rounds -> row.add(cell.apply(rounds)));
        return row;
    }
}
