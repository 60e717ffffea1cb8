package io.iocp.demo.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Needs;
import io.iocp.Repository;
import io.iocp.demo.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The alert rules by themselves: whether they are well formed, explained, and fire when they should. */
class AlertRulesIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Path DOCS = Repository.root().orElseThrow().resolve("docs");

    @Test
    @Needs("promtool")
    void shouldBeWellFormed() {
        List<String> command = new ArrayList<>(List.of("promtool", "check", "rules", "--lint=all", "--lint-fatal"));
        command.addAll(AlertRules.files());

        assertThat(Program.run(PATIENCE, command.toArray(String[]::new))).contains("SUCCESS");
    }

    @Test
    @Needs("promtool")
    void shouldFireWhenTheyShould() throws IOException {
        List<String> command = new ArrayList<>(List.of("promtool", "test", "rules"));
        command.addAll(AlertRules.tests());
        StringBuilder tests = new StringBuilder();
        for (String file : AlertRules.tests()) {
            tests.append(Files.readString(Path.of(file)));
        }

        assertThat(Program.run(PATIENCE, command.toArray(String[]::new))).contains("SUCCESS");
        for (AlertRules.Alert alert : AlertRules.alerts()) {
            assertThat(tests).as("a test of %s", alert.name()).containsPattern("\\b" + alert.name() + "\\b");
        }
    }

    @Test
    void shouldSayHowBadItIsAndWhatToDo() throws IOException {
        for (AlertRules.Alert alert : AlertRules.alerts()) {
            assertThat(alert.name()).matches("Iocp[A-Za-z]+");
            assertThat(alert.severity()).as(alert.name()).isIn("warning", "critical");
            assertThat(alert.annotations()).as(alert.name()).containsOnlyKeys("summary", "description", "runbook_url");
            assertThat(alert.annotations().values())
                    .allSatisfy(text -> assertThat(text).hasSizeGreaterThan(20));
        }
    }

    @Test
    void shouldEachBeInTheRunbookAndInTheListOfAlerts() throws IOException {
        String list = Files.readString(DOCS.resolve("alerting.md"));
        List<String> runbooks = Files.readString(DOCS.resolve("runbooks.md"))
                .lines()
                .filter(line -> line.startsWith("## "))
                .map(line -> line.substring(3))
                .toList();
        List<String> anchors = runbooks.stream()
                .map(name -> "docs/runbooks.md#" + name.toLowerCase(Locale.ROOT))
                .toList();

        assertThat(AlertRules.alerts())
                .extracting(a -> a.annotations().get("runbook_url"))
                .isSubsetOf(anchors);
        for (AlertRules.Alert alert : AlertRules.alerts()) {
            assertThat(list).contains("| [" + alert.name() + "](runbooks.md#");
            assertThat(list).contains("| " + alert.severity() + " |");
        }
        String names = AlertRules.alerts().stream().map(AlertRules.Alert::name).collect(Collectors.joining(" "));
        assertThat(runbooks).allSatisfy(name -> assertThat(names).contains(name));
    }
}
