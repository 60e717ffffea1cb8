package io.iocp.demo.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.demo.Program;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus that scrapes one target every second and evaluates the alert rules. */
final class Prometheus implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Program program;
    private final String address;

    private Prometheus(Program program, String address) {
        this.program = program;
        this.address = address;
    }

    /** Starts it and waits until it is ready. */
    static Prometheus start(Path directory, int targetPort, List<String> rules) throws IOException {
        String address = "127.0.0.1:" + freePort();
        Path configuration = Files.writeString(directory.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: demo
                    metrics_path: /actuator/prometheus
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                """.formatted(
                        rules.stream().map(r -> "'" + r + "'").collect(Collectors.joining(", ")), targetPort));
        Program program = Program.start(
                "prometheus",
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=" + address,
                "--log.level=warn");
        Prometheus prometheus = new Prometheus(program, address);
        await().atMost(PATIENCE).until(prometheus::isReady);
        return prometheus;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() throws IOException, InterruptedException {
        assertThat(program.isAlive()).as(program.output()).isTrue();
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        }
    }

    /** The result of an expression: a list of samples, with {@code metric} and {@code value}. */
    JsonNode query(String expression) throws IOException, InterruptedException {
        return data("/api/v1/query?query=" + encoded(expression)).path("result");
    }

    /** All series that a selector matches. */
    JsonNode series(String selector) throws IOException, InterruptedException {
        return data("/api/v1/series?match[]=" + encoded(selector));
    }

    JsonNode data(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(path);
        JsonNode body = JsonMapper.shared().readTree(answer.body());
        assertThat(body.path("status").asString()).as("%s: %s", path, body).isEqualTo("success");
        return body.path("data");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://" + address + path.replace("[", "%5B").replace("]", "%5D"));
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    String output() {
        return program.output();
    }

    @Override
    public void close() {
        http.close();
        program.terminate();
        program.await(PATIENCE);
        program.close();
    }
}
