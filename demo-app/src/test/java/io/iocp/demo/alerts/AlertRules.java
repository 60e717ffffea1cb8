package io.iocp.demo.alerts;

import io.iocp.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** The alert rules of the chart. */
final class AlertRules {

    static final Path CHART = Repository.root().orElseThrow().resolve("helm/iocp-demo");

    /** One alert; what it lacks is empty. */
    record Alert(String name, Expression expression, String severity, Map<String, String> annotations) {}

    private AlertRules() {}

    /** Absolute paths of what Prometheus reads. */
    static List<String> files() {
        return yamlFiles(CHART.resolve("rules"));
    }

    static List<String> tests() {
        return yamlFiles(CHART.resolve("rules/tests"));
    }

    private static List<String> yamlFiles(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::toString)
                    .filter(f -> f.endsWith(".yaml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Alert> alerts() throws IOException {
        List<Alert> alerts = new ArrayList<>();
        for (String file : files()) {
            Map<String, Object> content = new Yaml().load(Files.readString(Path.of(file)));
            for (Map<String, Object> group : listOf(content.get("groups"))) {
                listOf(group.get("rules")).forEach(rule -> alerts.add(alertOf(rule)));
            }
        }
        return alerts;
    }

    private static Alert alertOf(Map<String, Object> rule) {
        return new Alert(
                String.valueOf(rule.get("alert")),
                new Expression(String.valueOf(rule.get("expr"))),
                textsOf(rule.get("labels")).getOrDefault("severity", ""),
                textsOf(rule.get("annotations")));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> listOf(Object list) {
        return (List<Map<String, Object>>) list;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> textsOf(Object map) {
        return (Map<String, String>) map;
    }
}
