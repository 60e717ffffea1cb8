package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is left behind when shards have changed hands ten thousand times over 64 workers: does a plain echo on the same
 * connections cost more than before? A second server, whose shards never change hands, is measured in turn with it, so that the
 * machine's own ups and downs can be told apart.
 *
 * <pre>{@code
 * benchmarks/run HandOverCost
 * benchmarks/run HandOverCost hand-overs=20000 engine=nio
 * }</pre>
 */
final class HandOverCost {
    private static final Pattern HAND_OVERS = Pattern.compile("handOvers=(\\d+)");
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private HandOverCost() {}

    /** A server and clients that stay connected to it. */
    private record Side(ServerProcess server, LoadGenerator clients, List<Measurement> before, List<Measurement> after)
            implements AutoCloseable {
        static Side open(Candidate candidate, int connections, String processors) throws IOException {
            ServerProcess server = ServerProcess.start(candidate, processors);
            return new Side(
                    server, LoadGenerator.connect(server.address(), connections), new ArrayList<>(), new ArrayList<>());
        }

        Measurement run(Load load) throws IOException {
            return clients.run(load, server::cpuNanos);
        }

        long handOvers() throws IOException {
            String figures = server.figures();
            Matcher found = HAND_OVERS.matcher(figures);
            if (!found.find()) {
                throw new IOException("the server does not count hand-overs: " + figures);
            }
            return Long.parseLong(found.group(1));
        }

        @Override
        public void close() throws IOException {
            clients.close();
            server.close();
        }
    }

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given);
        int wanted = given.number("hand-overs", 10_000);
        int connections = given.number("connections", 200);
        String engine = given.text("engine", "io_uring");
        Path to = Path.of(given.text("to", "docs/benchmarks/hand-over-cost.md"));
        given.done();
        settings.pinLoad();

        // So many naps at once that every worker gets its turn.
        Candidate candidate = Candidate.port("port", "engine=" + engine, "detection=hand-over", "nap=40", "threads=64");
        Load plain = new Load(connections, 0, 0, Duration.ofMillis(300), settings.measured());
        Load sleepy = new Load(connections, 10, 0, Duration.ZERO, Duration.ofSeconds(1));
        try (Side handed = Side.open(candidate, connections, settings.serverProcessors());
                Side control = Side.open(candidate, connections, settings.serverProcessors())) {
            handed.run(plain.warmingUp(settings.warmUp()));
            control.run(plain.warmingUp(settings.warmUp()));
            for (int round = 0; round < settings.rounds(); round++) {
                handed.before().add(handed.run(plain));
                control.before().add(control.run(plain));
            }
            long begin = System.nanoTime();
            long first = handed.handOvers();
            while (handed.handOvers() - first < wanted) {
                if (System.nanoTime() - begin > LONGEST.toNanos()) {
                    throw new IOException("only " + (handed.handOvers() - first) + " hand-overs in " + LONGEST);
                }
                handed.run(sleepy);
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            long done = handed.handOvers() - first;
            for (int round = 0; round < settings.rounds(); round++) {
                handed.after().add(handed.run(plain));
                control.after().add(control.run(plain));
            }
            String command = "benchmarks/run HandOverCost " + String.join(" ", arguments);
            report(command, settings, candidate, handed, control)
                    .paragraphs(Report.number((double) done) + " hand-overs took "
                            + Report.decimal(seconds) + " s. The server afterwards: `"
                            + handed.server().figures() + "`; the other: `"
                            + control.server().figures() + "`.")
                    .write(to);
        }
    }

    private static Report report(
            String command, Rounds.Settings settings, Candidate candidate, Side handed, Side control)
            throws IOException {
        return new Report(
                        "Cost of an echo after many hand-overs",
                        "The same connections before and after: 64 bytes, ping-pong, nothing sleeps while it is measured."
                                + " In between, undeclared handlers sleep 40 ms on one message in 10 of one of the two servers.",
                        "Figures are medians over the rounds, in turn with the server whose shards stay where they are.")
                .circumstances(command, settings)
                .candidates(List.of(candidate))
                .heading("Server CPU for a message")
                .table(
                        List.of("server", "before, us", "after, us", "after / before", "messages/s before", "after"),
                        List.of(row("handed over", handed), row("control", control)));
    }

    private static List<String> row(String name, Side side) {
        double before = Report.median(side.before(), Measurement::serverMicrosPerMessage);
        double after = Report.median(side.after(), Measurement::serverMicrosPerMessage);
        return List.of(
                name,
                Report.decimal(before),
                Report.decimal(after),
                Report.decimal(after / before),
                Report.number(Report.median(side.before(), Measurement::perSecond)),
                Report.number(Report.median(side.after(), Measurement::perSecond)));
    }
}
