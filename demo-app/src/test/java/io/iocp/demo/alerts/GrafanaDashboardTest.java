package io.iocp.demo.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The dashboard as a file: what Grafana would show wrongly without a word. */
class GrafanaDashboardTest {

    private static final int COLUMNS = 24;

    @Test
    void shouldAskTheChosenDataSourceOnly() throws IOException {
        List<JsonNode> named = new ArrayList<>();
        GrafanaDashboard.read().json().findParents("datasource").forEach(named::add);

        assertThat(named).isNotEmpty().allSatisfy(it -> {
            assertThat(it.path("datasource").path("type").asString()).isEqualTo("prometheus");
            assertThat(it.path("datasource").path("uid").asString()).isEqualTo("${datasource}");
        });
    }

    @Test
    void shouldNeitherRepeatAnIdentityNorOverlap() throws IOException {
        Set<Integer> ids = new HashSet<>();
        Set<String> cells = new HashSet<>();
        for (JsonNode panel : GrafanaDashboard.read().json().path("panels")) {
            String title = panel.path("title").asString();
            assertThat(title).isNotBlank();
            assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
            JsonNode place = panel.path("gridPos");
            int right = place.path("x").asInt() + place.path("w").asInt();
            assertThat(right).as(title).isBetween(1, COLUMNS);
            for (int x = place.path("x").asInt(); x < right; x++) {
                for (int y = 0; y < place.path("h").asInt(); y++) {
                    assertThat(cells.add(x + " " + (place.path("y").asInt() + y)))
                            .as(title)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void shouldNameEachLineAndKeepToTheChosenInstancesAndPorts() throws IOException {
        for (JsonNode panel : GrafanaDashboard.read().json().path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr").asString();
                assertThat(expression).contains("instance=~\"$instance\"");
                if (expression.contains("iocp_")) {
                    assertThat(expression).contains("port=~\"$port\"");
                }
                if (panel.path("type").asString().equals("timeseries")) {
                    assertThat(target.path("legendFormat").asString())
                            .as(expression)
                            .isNotBlank();
                }
            }
        }
    }
}
