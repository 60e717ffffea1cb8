package io.iocp.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

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
            return of(given, false, Duration.ofSeconds(4));
        }

        /** @param usually whether server and load generator have a processor each, unless the arguments say otherwise
         * @param warmUp the same */
        static Settings of(Arguments given, boolean usually, Duration warmUp) {
            boolean apart = Boolean.parseBoolean(given.text("apart", Boolean.toString(usually)));
            return new Settings(
                    apart ? "0" : "",
                    apart ? "1" : "",
                    Duration.ofMillis(given.number("warm-up-millis", Math.toIntExact(warmUp.toMillis()))),
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

    /** What is asked of a server. */
    interface Asking {
        /**
         * Connects, warms up, measures and closes.
         *
         * @param serverCpuNanos to be read at the begin and the end of the measured time
         */
        Measurement ask(InetSocketAddress server, Duration warmUp, LongSupplier serverCpuNanos) throws IOException;
    }

    /** All measurements of each candidate, in the order of the candidates and of the rounds. */
    Map<Candidate, List<Measurement>> run(List<Candidate> candidates, Load load) throws IOException {
        return run(
                candidates,
                load.warmUp(),
                (server, warmUp, cpu) -> LoadGenerator.run(server, load.warmingUp(warmUp), cpu));
    }

    /** @param warmUp before each measurement, not only before the first round */
    Map<Candidate, List<Measurement>> run(List<Candidate> candidates, Duration warmUp, Asking asking)
            throws IOException {
        settings.pinLoad();
        Map<Candidate, ServerProcess> servers = new LinkedHashMap<>();
        Map<Candidate, List<Measurement>> all = new LinkedHashMap<>();
        try {
            for (Candidate candidate : candidates) {
                ServerProcess server = ServerProcess.start(candidate, settings.serverProcessors());
                servers.put(candidate, server);
                all.put(candidate, new ArrayList<>());
                asking.ask(server.address(), settings.warmUp(), server::cpuNanos);
            }
            for (int round = 0; round < settings.rounds(); round++) {
                for (Map.Entry<Candidate, List<Measurement>> entry : all.entrySet()) {
                    ServerProcess server = servers.get(entry.getKey());
                    if (server != null) {
                        entry.getValue().add(measure(entry.getKey(), server, warmUp, asking));
                    }
                }
            }
            return all;
        } finally {
            servers.values().forEach(ServerProcess::close);
        }
    }

    private static Measurement measure(Candidate candidate, ServerProcess server, Duration warmUp, Asking asking)
            throws IOException {
        Measurement measured = asking.ask(server.address(), warmUp, server::cpuNanos);
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
