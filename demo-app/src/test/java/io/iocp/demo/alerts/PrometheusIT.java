package io.iocp.demo.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.iocp.EngineChoice;
import io.iocp.Needs;
import io.iocp.demo.PackagedServer;
import io.iocp.demo.Program;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real Prometheus scrapes the packaged application at work: whether all that dashboard and alerts ask for is there. */
@Needs({"prometheus", "promtool", "redis-benchmark", "openssl"})
class PrometheusIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Of Prometheus itself; the second is there only while something is wrong. */
    private static final Set<String> OF_PROMETHEUS = Set.of("up", "ALERTS");

    /** Where the wanted engine was had nothing has this label's value. */
    private static final String ONLY_AFTER_A_FALLBACK = "iocp_engine_info{fallback=\"true\"}";

    @TempDir
    private Path directory;

    @Test
    void shouldFindEverythingThatDashboardAndAlertsAskFor() throws Exception {
        try (PackagedServer server = PackagedServer.start(
                        EngineChoice.AUTO,
                        "--demo.tls.enabled=true",
                        "--demo.tls.directory=" + directory.resolve("tls"),
                        "--iocp.memory.max=64MB",
                        "--iocp.clients.nobody.host=127.0.0.1",
                        "--iocp.clients.nobody.port=1");
                Prometheus prometheus = Prometheus.start(directory, server.webPort(), AlertRules.files())) {
            // Rates need what happened before and after a first scrape.
            for (int scrapes : new int[] {3, 8}) {
                work(server);
                String seen = "count_over_time(up{job=\"demo\"}[5m]) >= " + scrapes + " and up{job=\"demo\"} == 1";
                await().atMost(PATIENCE).until(() -> !prometheus.query(seen).isEmpty());
            }
            List<Expression> expressions =
                    new ArrayList<>(GrafanaDashboard.read().expressions());
            for (AlertRules.Alert alert : AlertRules.alerts()) {
                expressions.add(alert.expression());
            }

            assertThat(expressions).hasSizeGreaterThan(50);
            assertEveryMetricExists(prometheus, expressions);
            assertEverySelectorMatchesSomething(prometheus, expressions);
            assertEveryExpressionIsAnswered(prometheus, expressions);
            assertEveryRuleIsEvaluated(prometheus);
            assertPromtoolFindsNothingWrong(server);
        }
    }

    private static void work(PackagedServer server) throws IOException {
        Program.run(PATIENCE, "redis-benchmark", "-p", "" + server.kvPort(), "-n", "2000", "-q", "-t", "set,get");
        int tls = server.port("echo-tls");
        Program.run(
                PATIENCE,
                "bash",
                "-c",
                "echo hello | timeout 20 openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:" + tls + " 2>&1");
        // Of this no handshake can come.
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), tls)) {
            plain.setSoTimeout((int) PATIENCE.toMillis());
            plain.getOutputStream().write("this is no TLS at all\r\n".getBytes(StandardCharsets.US_ASCII));
            plain.getInputStream().readAllBytes();
        }
    }

    private static void assertEveryMetricExists(Prometheus prometheus, List<Expression> expressions) throws Exception {
        Set<String> there = new TreeSet<>();
        prometheus.data("/api/v1/label/__name__/values").forEach(name -> there.add(name.asString()));
        Set<String> missing =
                expressions.stream().flatMap(e -> e.metrics().stream()).collect(Collectors.toCollection(TreeSet::new));
        missing.removeAll(there);
        missing.removeAll(OF_PROMETHEUS);

        assertThat(missing).isEmpty();
    }

    /** Or a label, or a value of one, is not what the application calls it. */
    private static void assertEverySelectorMatchesSomething(Prometheus prometheus, List<Expression> expressions)
            throws Exception {
        Set<String> empty = new TreeSet<>();
        for (Expression expression : expressions) {
            for (String selector : expression.selectors()) {
                if (!selector.startsWith("ALERTS")
                        && prometheus.series(selector).isEmpty()) {
                    empty.add(selector);
                }
            }
        }
        empty.remove(ONLY_AFTER_A_FALLBACK);

        assertThat(empty).isEmpty();
    }

    private static void assertEveryExpressionIsAnswered(Prometheus prometheus, List<Expression> expressions)
            throws Exception {
        Set<String> silent = new TreeSet<>();
        for (Expression expression : expressions) {
            boolean isThreshold = expression.text().matches("(?s).*(==|[<>]).*")
                    || expression.text().startsWith("ALERTS");
            if (prometheus.query(expression.text()).isEmpty() && !isThreshold) {
                silent.add(expression.text());
            }
        }

        assertThat(silent).as("expressions without any result").isEmpty();
    }

    private static void assertEveryRuleIsEvaluated(Prometheus prometheus) throws Exception {
        int alerts = AlertRules.alerts().size();
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<JsonNode> rules = new ArrayList<>();
            for (JsonNode group : prometheus.data("/api/v1/rules").path("groups")) {
                group.path("rules").forEach(rules::add);
            }
            assertThat(rules).hasSize(alerts).allSatisfy(rule -> {
                assertThat(rule.path("health").asString()).as(rule.toString()).isEqualTo("ok");
                assertThat(rule.path("lastError").asString("")).isEmpty();
            });
        });
        // The client that nobody answers: on its way to an alert, with its text filled in.
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode alert = alert(prometheus, "IocpClientDown");
            assertThat(alert.path("annotations").path("summary").asString()).contains("Client nobody of 127.0.0.1:");
        });
    }

    private static JsonNode alert(Prometheus prometheus, String name) throws Exception {
        for (JsonNode alert : prometheus.data("/api/v1/alerts").path("alerts")) {
            if (alert.path("labels").path("alertname").asString().equals(name)) {
                return alert;
            }
        }
        throw new AssertionError("no alert " + name);
    }

    /** Of our own metrics: Spring Boot's are not ours to mend. */
    private void assertPromtoolFindsNothingWrong(PackagedServer server) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.webPort() + "/actuator/prometheus");
            String own = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.matches("(# (HELP|TYPE) )?iocp_.*"))
                    .collect(Collectors.joining("\n", "", "\n"));
            assertThat(own).contains("# HELP iocp_queue_depth");
            Path file = Files.writeString(directory.resolve("metrics.txt"), own);
            assertThat(Program.run(PATIENCE, "bash", "-c", "promtool check metrics <" + file))
                    .isEmpty();
        }
    }
}
