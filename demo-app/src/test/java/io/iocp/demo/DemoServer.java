package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.CompletionPort;
import io.iocp.EngineChoice;
import io.iocp.operation.OperationKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The demo application, started within the test on free ports: once for each engine, profile and arguments, and stopped with {@link #stopAll}. */
public final class DemoServer {

    private static final Map<Variant, DemoServer> RUNNING = new HashMap<>();

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ConfigurableApplicationContext context;

    /** What must be as before once all clients are gone. */
    public record Usage(Map<OperationKind, Integer> inFlight, int connections, int descriptors) {}

    private record Variant(EngineChoice engine, String profile, boolean secure, List<String> arguments) {}

    private DemoServer(Variant variant) {
        String engine = variant.engine().name().toLowerCase(Locale.ROOT).replace('_', '-');
        List<String> arguments = new ArrayList<>(List.of(
                "--iocp.engine=" + engine,
                "--spring.profiles.active=" + variant.profile(),
                "--iocp.servers.echo.port=0",
                "--iocp.servers.kv.port=0",
                "--iocp.servers.files.port=0",
                "--iocp.servers.echo-tls.port=0",
                "--iocp.servers.kv-tls.port=0",
                "--iocp.servers.files-tls.port=0",
                "--demo.tls.enabled=" + variant.secure(),
                "--server.port=0"));
        arguments.addAll(variant.arguments());
        if (variant.profile().equals("blocking")) {
            arguments.add("--iocp.servers.echo-declared.port=0");
        }
        context = new SpringApplicationBuilder(DemoApplication.class).run(arguments.toArray(String[]::new));
    }

    public static DemoServer on(EngineChoice engine) {
        return on(engine, "");
    }

    /** The one on this engine and with this profile of Spring's, empty for none. */
    public static synchronized DemoServer on(EngineChoice engine, String profile) {
        return RUNNING.computeIfAbsent(new Variant(engine, profile, false, List.of()), DemoServer::new);
    }

    /**
     * The one with its TLS servers, on this engine and with these further arguments, such as {@code --key=value}. The others
     * have none, so that they start sooner.
     */
    public static synchronized DemoServer secure(EngineChoice engine, String... arguments) {
        return RUNNING.computeIfAbsent(new Variant(engine, "", true, List.of(arguments)), DemoServer::new);
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

    public String property(String key) {
        return context.getEnvironment().getRequiredProperty(key);
    }

    /** What the web server, which has Actuator's endpoints, answers to a GET. */
    public String get(String path) throws IOException {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        try (InputStream answer =
                URI.create("http://127.0.0.1:" + port + path).toURL().openStream()) {
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        }
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
            // A worker has one of /proc, to be asked whether it sleeps, and the pool grows and shrinks.
            long clients =
                    descriptors.filter(d -> !target(d).startsWith("/proc/")).count();
            return new Usage(stats.inFlight(), stats.connections(), (int) clients);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "/proc/: closed meanwhile";
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
