package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The demo application, started within the test on free ports: once for each engine, and stopped with {@link #stopAll}. */
public final class DemoServer {

    private static final Map<EngineChoice, DemoServer> RUNNING = new EnumMap<>(EngineChoice.class);

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ConfigurableApplicationContext context;

    /** What must be as before once all clients are gone. */
    public record Usage(Map<OperationKind, Integer> inFlight, int connections, int descriptors) {}

    private DemoServer(EngineChoice engine) {
        context = new SpringApplicationBuilder(DemoApplication.class)
                .run(
                        "--iocp.engine="
                                + engine.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        "--iocp.servers.echo.port=0",
                        "--iocp.servers.kv.port=0",
                        "--server.port=0");
    }

    public static synchronized DemoServer on(EngineChoice engine) {
        return RUNNING.computeIfAbsent(engine, DemoServer::new);
    }

    public static synchronized void stopAll() {
        RUNNING.values().forEach(server -> server.context.close());
        RUNNING.clear();
    }

    /** Where a server listens. */
    public InetSocketAddress address(String server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), portNumber(server));
    }

    public int portNumber(String server) {
        String number = context.getEnvironment().getRequiredProperty("local.iocp." + server + ".port");
        return Integer.parseInt(number);
    }

    public CompletionPort port() {
        return context.getBean(CompletionPort.class);
    }

    /** A connected client whose reads give up after a while. */
    public Socket connect(String server) throws IOException {
        Socket socket = new Socket();
        socket.connect(address(server));
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** What is in use while there is no client; waits for those of an earlier test to be gone. */
    public Usage usageWithoutClients() {
        await().atMost(PATIENCE).until(() -> port().stats().connections() == 0);
        return usage();
    }

    private Usage usage() {
        var stats = port().stats();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return new Usage(stats.inFlight(), stats.connections(), (int) descriptors.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until nothing of what the clients did is left. */
    public void awaitUsage(Usage before) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Usage now = usage();
            assertThat(now.connections()).as("connections").isEqualTo(before.connections());
            assertThat(now.inFlight()).as("operations in flight").isEqualTo(before.inFlight());
            assertThat(now.descriptors()).as("descriptors").isLessThanOrEqualTo(before.descriptors());
        });
    }
}
