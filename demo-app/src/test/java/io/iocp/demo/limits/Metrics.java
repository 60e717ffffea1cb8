package io.iocp.demo.limits;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What the application tells Prometheus. */
record Metrics(List<String> lines) {

    static Metrics of(int webPort) throws IOException {
        try (InputStream answer = URI.create("http://127.0.0.1:" + webPort + "/actuator/prometheus")
                .toURL()
                .openStream()) {
            return new Metrics(new String(answer.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        }
    }

    /** Of all that have this name and these tags, as {@code name="value"}. */
    double sum(String name, String... tags) {
        return lines.stream()
                .filter(line ->
                        line.startsWith(name + "{") && List.of(tags).stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
