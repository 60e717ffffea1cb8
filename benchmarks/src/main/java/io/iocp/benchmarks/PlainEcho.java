package io.iocp.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Plain echo: nothing sleeps. What does a message cost each server?
 *
 * <pre>{@code
 * benchmarks/run PlainEcho
 * benchmarks/run PlainEcho connections=1000 apart=false
 * }</pre>
 */
final class PlainEcho {

    private PlainEcho() {}

    public static void main(String[] arguments) throws IOException {
        Arguments given = new Arguments(arguments);
        Rounds.Settings settings = Rounds.Settings.of(given);
        int connections = given.number("connections", 50);
        int loops = given.number("loops", 1);
        Path to = Path.of(given.text("to", "docs/benchmarks/plain-echo.md"));
        given.done();

        List<Candidate> candidates = List.of(
                Candidate.port("port", "concurrency=" + loops, "threads=" + loops),
                Candidate.port("port on NIO", "engine=nio", "concurrency=" + loops, "threads=" + loops),
                Candidate.netty("Netty epoll", "transport=epoll", "loops=" + loops),
                Candidate.netty("Netty io_uring", "transport=io_uring", "loops=" + loops),
                Candidate.netty("Netty NIO", "transport=nio", "loops=" + loops),
                Candidate.virtualThreads());
        Load load = new Load(connections, 0, 0, Duration.ofMillis(300), settings.measured());
        new Report(
                        "Plain echo",
                        connections + " connections, 64 bytes, ping-pong; nothing sleeps; " + loops
                                + " event loop(s) or shard(s).",
                        "Figures are medians over the rounds; `x first` is the median of the ratios, round by round, of"
                                + " messages/s to the first row's. On small messages most of the cost is the kernel's TCP, the"
                                + " same for all.")
                .circumstances("benchmarks/run PlainEcho " + String.join(" ", arguments), settings)
                .candidates(candidates)
                .heading("Closed loop")
                .comparison(new Rounds(settings).run(candidates, load))
                .write(to);
    }
}
