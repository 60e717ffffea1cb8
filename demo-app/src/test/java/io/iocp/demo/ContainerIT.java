package io.iocp.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.jayway.jsonpath.JsonPath;
import io.iocp.Needs;
import io.iocp.Repository;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * The image as a cluster runs it: made by the project's own script, started as the chart starts it (read-only root,
 * no capability), with io_uring allowed and with both ways of denying it, and stopped with SIGTERM.
 */
@Needs("docker")
class ContainerIT {

    private static final int KV = 6380;
    private static final int KV_TLS = 6390;
    private static final int ACTUATOR = 8080;

    /** spring.lifecycle.timeout-per-shutdown-phase as the application sets it; nothing is busy here, so it is ample. */
    private static final Duration SHUTDOWN_PHASE = Duration.ofSeconds(20);

    private static final DockerClient DOCKER = DockerClientFactory.lazyClient();

    private static String image = "";

    @BeforeAll
    static void buildImage() throws IOException, InterruptedException {
        Path script = Repository.root().orElseThrow().resolve("demo-app/container/build-image.sh");
        ProcessBuilder build = new ProcessBuilder(script.toString()).redirectErrorStream(true);
        build.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = build.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        image = output.lines().toList().getLast();
    }

    @Test
    @Needs("io_uring")
    void shouldRunOnIoUringWhereItIsAllowed() throws IOException, InterruptedException {
        // The default profile of Docker 25 and later denies io_uring; that case is one of the two below.
        List<String> security = defaultProfileAllowsIoUring() ? List.of() : List.of("seccomp=unconfined");
        try (GenericContainer<?> container = container(security)) {
            container.start();

            assertThat(ping(container)).isEqualTo("+PONG\r\n");
            assertThat(securePing(container)).isEqualTo("+PONG\r\n");
            String port = actuator(container, "iocp/default");
            assertThat(JsonPath.<String>read(port, "$.engine.name")).isEqualTo("io_uring");
            assertThat(JsonPath.<Boolean>read(port, "$.engine.fallback")).isFalse();
            stopAndExpectAQuietEnd(container);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, EPERM", "38, ENOSYS"})
    void shouldFallBackToNioAndSayWhyWhereSeccompDeniesIoUring(int errno, String name)
            throws IOException, InterruptedException {
        try (GenericContainer<?> container = container(List.of("seccomp=" + profileDenyingIoUring(errno)))) {
            container.start();

            assertThat(ping(container)).isEqualTo("+PONG\r\n");
            String port = actuator(container, "iocp/default");
            assertThat(JsonPath.<String>read(port, "$.engine.name")).isEqualTo("nio");
            assertThat(JsonPath.<Boolean>read(port, "$.engine.fallback")).isTrue();
            assertThat(JsonPath.<String>read(port, "$.engine.reason")).contains(name);
            assertThat(JsonPath.<String>read(port, "$.engine.cause")).contains("seccomp");
            assertThat(JsonPath.<String>read(port, "$.engine.remedy")).contains("seccompProfile");
            assertThat(actuator(container, "health")).contains(name);
            assertThat(container.getLogs().lines().filter(line -> line.contains(name)))
                    .as("one line of the log says why")
                    .hasSize(1);
            stopAndExpectAQuietEnd(container);
        }
    }

    private static void stopAndExpectAQuietEnd(GenericContainer<?> container) throws IOException {
        try (Socket idle = connect(container, KV)) {
            long started = System.nanoTime();
            DOCKER.stopContainerCmd(container.getContainerId())
                    .withTimeout((int) SHUTDOWN_PHASE.multipliedBy(3).toSeconds())
                    .exec();
            Duration took = Duration.ofNanos(System.nanoTime() - started);

            InspectContainerResponse.ContainerState state = DOCKER.inspectContainerCmd(container.getContainerId())
                    .exec()
                    .getState();
            String logs = container.getLogs();
            assertThat(took).as(logs).isLessThan(SHUTDOWN_PHASE);
            assertThat(state.getExitCodeLong()).as(logs).isIn(0L, 143L);
            assertThat(logs).doesNotContain("\tat ").doesNotContain("Exception");
            assertThat(idle.getInputStream().read())
                    .as("the idle client sees the end")
                    .isEqualTo(-1);
        }
    }

    private static GenericContainer<?> container(List<String> seccomp) {
        return new GenericContainer<>(DockerImageName.parse(image))
                .withExposedPorts(ACTUATOR, KV, KV_TLS)
                .withTmpFs(Map.of("/tmp", "rw,size=64m"))
                .withCreateContainerCmdModifier(create -> {
                    HostConfig host = Objects.requireNonNull(create.getHostConfig());
                    host.withReadonlyRootfs(true)
                            .withCapDrop(Capability.ALL)
                            .withMemory(512L << 20)
                            .withSecurityOpts(withoutNewPrivileges(seccomp));
                })
                .waitingFor(Wait.forHttp("/actuator/health/readiness")
                        .forPort(ACTUATOR)
                        .withStartupTimeout(Duration.ofMinutes(3)));
    }

    private static List<String> withoutNewPrivileges(List<String> seccomp) {
        return Stream.concat(seccomp.stream(), Stream.of("no-new-privileges")).toList();
    }

    private static String profileDenyingIoUring(int errno) {
        return """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["io_uring_setup", "io_uring_enter", "io_uring_register"],
                               "action": "SCMP_ACT_ERRNO", "errnoRet": %d}]}
                """.formatted(errno);
    }

    private static boolean defaultProfileAllowsIoUring() {
        String version = DOCKER.versionCmd().exec().getVersion();
        return Integer.parseInt(version.substring(0, version.indexOf('.'))) < 25;
    }

    private static String ping(GenericContainer<?> container) throws IOException {
        try (Socket socket = connect(container, KV)) {
            return ping(socket);
        }
    }

    /** With the certificate that the application has made in the container, and that it shows. */
    private static String securePing(GenericContainer<?> container) throws IOException {
        try (Socket plain = connect(container, KV_TLS)) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustEverybody()}, null);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
            String answer = ping(socket);
            assertThat(socket.getSession().getPeerPrincipal()).hasToString("CN=localhost");
            return answer;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static final class TrustEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static String ping(Socket socket) throws IOException {
        socket.getOutputStream().write("*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readNBytes("+PONG\r\n".length()), StandardCharsets.US_ASCII);
    }

    private static Socket connect(GenericContainer<?> container, int port) throws IOException {
        Socket socket = new Socket(InetAddress.getByName(container.getHost()), container.getMappedPort(port));
        socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
        return socket;
    }

    private static String actuator(GenericContainer<?> container, String endpoint)
            throws IOException, InterruptedException {
        URI uri = URI.create(
                "http://%s:%d/actuator/%s".formatted(container.getHost(), container.getMappedPort(ACTUATOR), endpoint));
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return response.body();
        }
    }
}
