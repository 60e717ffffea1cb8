package io.iocp.benchmarks.page;

import io.iocp.benchmarks.measure.Candidate;
import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.ServerProcess;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one workload has to say, while it is being said. */
public final class Section {
    private final List<Block> blocks = new ArrayList<>();
    private final List<Goal> goals = new ArrayList<>();
    private final Map<String, String> circumstances = new LinkedHashMap<>();

    /** Something one needs to know who wants to see the same. */
    public Section circumstance(String what, String value) {
        circumstances.put(what, value);
        return this;
    }

    /** How each candidate was started. */
    public Section candidates(List<Candidate> candidates) {
        if (candidates.stream().anyMatch(Candidate::isJava)) {
            circumstance("flags of JVMs", "`" + String.join(" ", ServerProcess.FLAGS) + "`");
        }
        candidates.forEach(c -> circumstance(c.name(), "`" + c.command() + "`"));
        return this;
    }

    public Section text(String... paragraphs) {
        blocks.add(new Block(null, List.of(paragraphs), null, null));
        return this;
    }

    public Section table(@Nullable String heading, Table table, String... paragraphs) {
        blocks.add(new Block(heading, List.of(paragraphs), table, null));
        return this;
    }

    /**
     * All medians, and all samples for programs.
     *
     * @param main the metric of which ratios are shown
     */
    public Section comparison(@Nullable String heading, Comparison measured, Metric main, String... paragraphs) {
        Map<String, Map<String, List<Double>>> samples = new LinkedHashMap<>();
        for (String candidate : measured.candidates()) {
            Map<String, List<Double>> figures = new LinkedHashMap<>();
            measured.metrics().forEach(metric -> figures.put(metric.name(), measured.figures(candidate, metric)));
            samples.put(candidate, figures);
        }
        blocks.add(new Block(heading, List.of(paragraphs), Table.of(measured, main), samples));
        return this;
    }

    public Section goal(Goal goal) {
        goals.add(goal);
        return this;
    }

    Result result(Workload workload, String command, Machine machine) {
        return new Result(
                workload.name(),
                workload.title(),
                command,
                machine,
                new LinkedHashMap<>(circumstances),
                List.copyOf(blocks),
                List.copyOf(goals));
    }
}
