package io.iocp.benchmarks.measure;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Servers of all candidates, each in a process of its own, up at the same time. */
public final class Servers implements AutoCloseable {
    private final Map<String, ServerProcess> byName = new LinkedHashMap<>();

    private Servers() {}

    /** Starts them, and keeps this process, which asks them, to its own processors. */
    public static Servers start(Settings settings, List<Candidate> candidates) throws IOException {
        settings.pinLoad();
        Servers servers = new Servers();
        try {
            for (Candidate candidate : candidates) {
                servers.byName.put(candidate.name(), ServerProcess.start(candidate, settings.serverProcessors()));
            }
            return servers;
        } catch (IOException | RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    /** In the order of the candidates. */
    public Map<String, ServerProcess> byName() {
        return byName;
    }

    public ServerProcess get(String candidate) {
        return Objects.requireNonNull(byName.get(candidate), candidate);
    }

    @Override
    public void close() {
        byName.values().forEach(ServerProcess::close);
    }
}
