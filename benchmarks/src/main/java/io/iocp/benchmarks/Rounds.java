package io.iocp.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures candidates in turn, A B C A B C ..., so that what the neighbours on the machine do meets all of them. All servers
 * are up all the time; only one is asked.
 */
final class Rounds {
    private static final System.Logger LOG = System.getLogger(Rounds.class.getName());

    private final Settings settings;

    /**
     * How to measure.
     *
     * @param serverProcessors that servers may run on, in the manner of {@code taskset -c}; empty for all
     * @param loadProcessors that the load generator may run on
     * @param warmUp for how long each server works before the first round
     * @param measured for how long in each round
     */
    record Settings(String serverProcessors, String loadProcessors, Duration warmUp, Duration measured, int rounds) {

        static Settings of(Arguments given) {
            boolean apart = Boolean.parseBoolean(given.text("apart", "false"));
            return new Settings(
                    apart ? "0" : "",
                    apart ? "1" : "",
                    Duration.ofMillis(given.number("warm-up-millis", 4000)),
                    Duration.ofMillis(given.number("millis", 3000)),
                    given.number("rounds", 5));
        }

        /** Keeps this process, which has the load generator, to its processors. */
        void pinLoad() throws IOException {
            if (!loadProcessors.isEmpty()) {
                long self = ProcessHandle.current().pid();
                new ProcessBuilder("taskset", "-a", "-p", "-c", loadProcessors, Long.toString(self))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start()
                        .onExit()
                        .join();
            }
        }

        Settings rounds(int other) {
            return new Settings(serverProcessors, loadProcessors, warmUp, measured, other);
        }

        String serverProcessorsOrAll() {
            return serverProcessors.isEmpty() ? "all" : serverProcessors;
        }

        String loadProcessorsOrAll() {
            return loadProcessors.isEmpty() ? "all" : loadProcessors;
        }
    }

    Rounds(Settings settings) {
        this.settings = settings;
    }

    /** All measurements of each candidate, in the order of the candidates and of the rounds. */
    Map<Candidate, List<Measurement>> run(List<Candidate> candidates, Load load) throws IOException {
        settings.pinLoad();
        Map<Candidate, ServerProcess> servers = new LinkedHashMap<>();
        Map<Candidate, List<Measurement>> all = new LinkedHashMap<>();
        try {
            for (Candidate candidate : candidates) {
                ServerProcess server = ServerProcess.start(candidate, settings.serverProcessors());
                servers.put(candidate, server);
                all.put(candidate, new ArrayList<>());
                LoadGenerator.run(server.address(), load.warmingUp(settings.warmUp()), server::cpuNanos);
            }
            for (int round = 0; round < settings.rounds(); round++) {
                for (Map.Entry<Candidate, List<Measurement>> entry : all.entrySet()) {
                    ServerProcess server = servers.get(entry.getKey());
                    if (server != null) {
                        entry.getValue().add(measure(entry.getKey(), server, load));
                    }
                }
            }
            return all;
        } finally {
            servers.values().forEach(ServerProcess::close);
        }
    }

    private static Measurement measure(Candidate candidate, ServerProcess server, Load load) throws IOException {
        Measurement measured = LoadGenerator.run(server.address(), load, server::cpuNanos);
        LOG.log(
                System.Logger.Level.INFO,
                "%-40s %9.0f/s p99 %8.0f us, server %5.2f us and load %5.2f us a message  %s"
                        .formatted(
                                candidate.name(),
                                measured.perSecond(),
                                measured.othersMicros(99),
                                measured.serverMicrosPerMessage(),
                                measured.loadMicrosPerMessage(),
                                server.figures()));
        return measured;
    }
}
