package io.iocp.demo.kv;

import io.iocp.CompletionPort;
import java.time.Instant;
import org.springframework.core.env.Environment;

/** The facts of this very process. */
record KvServerFacts(CompletionPort port, Environment environment, Instant startedAt) implements ServerFacts {

    @Override
    public int tcpPort() {
        // Known to the environment once the server listens, and nobody can ask before.
        return environment.getProperty("local.iocp.kv.port", Integer.class, 0);
    }

    @Override
    public String engine() {
        return port.engine().engine();
    }

    @Override
    public String engineReason() {
        return port.engine().reason();
    }

    @Override
    public int maxClients() {
        return environment.getProperty("iocp.servers.kv.max-connections", Integer.class, 0);
    }

    @Override
    public long usedMemoryBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Override
    public long maxMemoryBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    @Override
    public long processId() {
        return ProcessHandle.current().pid();
    }
}
