package io.iocp.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.NeedsCondition;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.page.Results;
import io.iocp.benchmarks.page.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each workload from end to end, as small as it can be: nobody looks at the figures, but all have to be there. */
class WorkloadsTest {
    private static final List<String> ALWAYS = List.of("rounds=1", "millis=50", "warm-up-millis=50", "apart=false");

    /** What makes the others small. */
    private static final Map<String, List<String>> SMALL = Map.of(
            "echo",
                    List.of(
                            "connections=100",
                            "counted=1000",
                            "stepped=0"), // not warm: each message would be a million steps
            "annotated-echo", List.of("counted=1000", "stepped=0"),
            "idle", List.of("connections=20"),
            "blocking-mix", List.of("connections=20", "open=200", "curve=30"),
            "file-reads", List.of("mib=2", "in-flight=4", "file=target/file-reads-of-the-test"),
            "hand-overs", List.of("connections=20", "hand-overs=1"),
            "tls-idle", List.of("connections=20"));

    /** Beside io_uring. Those of {@code echo} have clients in C. */
    private static final Map<String, List<String>> NEEDS = Map.of(
            "echo", List.of("gcc"),
            "annotated-echo", List.of("gcc"),
            "accept", List.of("gcc"),
            "idle", List.of("gcc"),
            "meters", List.of("gcc"));

    @TempDir
    Path folder;

    /**
     * But those that run the demo application, which is a jar only later in the build, and that of JMH, which takes its rounds
     * by itself: they have tests of their own.
     */
    static Stream<Workload> workloads() {
        return Benchmarks.ALL.stream()
                .filter(workload -> !List.of("kv", "files", "parts").contains(workload.name()));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void shouldMeasureEveryCandidateAndWriteAPage(Workload workload) throws Exception {
        NeedsCondition.require("io_uring");
        NEEDS.getOrDefault(workload.name(), List.of()).forEach(NeedsCondition::require);
        List<String> given = new ArrayList<>(ALWAYS);
        given.addAll(SMALL.getOrDefault(workload.name(), List.of()));

        new Results(folder, List.of(workload)).run(workload, "the test", new Arguments(given.toArray(String[]::new)));

        assertThat(folder.resolve("RESULTS.md")).content().contains("## " + workload.title());
        JsonNode result = result(workload);
        List<JsonNode> measured = result.get("blocks")
                .valueStream()
                .map(block -> block.get("samples"))
                .filter(JsonNode::isObject)
                .toList();
        assertThat(measured).isNotEmpty();
        measured.forEach(WorkloadsTest::assertFigures);
        // Each that was started was measured.
        result.get("circumstances").propertyNames().stream()
                .filter(what -> isServer(result.get("circumstances").get(what).asString()))
                .forEach(server -> assertThat(measured).anyMatch(samples -> samples.has(server)));
    }

    private static boolean isServer(String circumstance) {
        return circumstance.matches("`\\w+Server .*");
    }

    private JsonNode result(Workload workload) throws IOException {
        return JsonMapper.shared()
                .readTree(Files.readString(folder.resolve("results").resolve(workload.name() + ".json")));
    }

    /** Candidate, metric, round by round. What a round could not take, such as a share of no ticks, is not a number. */
    private static void assertFigures(JsonNode samples) {
        assertThat(samples.properties()).hasSizeGreaterThan(1).allSatisfy(candidate -> {
            List<Double> figures = candidate
                    .getValue()
                    .valueStream()
                    .flatMap(JsonNode::valueStream)
                    .map(figure -> figure.isNumber() ? figure.asDouble() : Double.parseDouble(figure.asString()))
                    .toList();
            assertThat(figures)
                    .noneMatch(figure -> Double.isInfinite(figure))
                    .anyMatch(figure -> Double.isFinite(figure) && figure != 0);
        });
    }
}
