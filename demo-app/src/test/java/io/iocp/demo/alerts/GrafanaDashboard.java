package io.iocp.demo.alerts;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard of the chart. */
final class GrafanaDashboard {

    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.+), \\w+\\)");

    private final JsonNode json;

    private GrafanaDashboard(JsonNode json) {
        this.json = json;
    }

    static GrafanaDashboard read() throws IOException {
        return new GrafanaDashboard(
                JsonMapper.shared().readTree(Files.readString(AlertRules.CHART.resolve("dashboards/iocp.json"))));
    }

    JsonNode json() {
        return json;
    }

    /** Those of panels, variables and annotations. */
    List<Expression> expressions() {
        List<Expression> expressions = new ArrayList<>();
        for (JsonNode panel : json.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                expressions.add(Expression.ofGrafana(target.path("expr").asString()));
            }
        }
        for (JsonNode variable : json.path("templating").path("list")) {
            Matcher query = LABEL_VALUES.matcher(variable.path("definition").asString());
            if (query.matches()) {
                expressions.add(Expression.ofGrafana(query.group(1)));
            }
        }
        for (JsonNode annotation : json.path("annotations").path("list")) {
            expressions.add(Expression.ofGrafana(annotation.path("expr").asString()));
        }
        return expressions;
    }
}
