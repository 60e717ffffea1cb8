package io.iocp.benchmarks.page;

import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.measure.Progress;
import io.iocp.benchmarks.measure.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The results in a folder: of each workload the last run, as JSON, {@code results/NAME.json}, and the page of all of them,
 * {@code RESULTS.md}.
 */
public final class Results {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path folder;
    private final List<Workload> all;

    /**
     * Those of a folder.
     *
     * @param all workloads that the page may have, in its order
     */
    public Results(Path folder, List<Workload> all) {
        this.folder = folder;
        this.all = all;
    }

    /** Runs one workload, and puts what came of it in place of what was there. */
    public void run(Workload workload, String command, Arguments given) throws Exception {
        Machine machine = Machine.here();
        Section section = new Section();
        try {
            workload.measure(given, new Progress(workload.name()), section);
        } finally {
            Settings.unpin();
        }
        Result result = section.result(workload, command, machine);
        Files.createDirectories(folder.resolve("results"));
        JSON.writeValue(file(workload), result);
        Files.writeString(folder.resolve("RESULTS.md"), page());
        IO.println(result.markdown());
    }

    private Path file(Workload workload) {
        return folder.resolve("results").resolve(workload.name() + ".json");
    }

    /** Of all results that are there. */
    String page() throws IOException {
        List<Result> results = new ArrayList<>();
        for (Workload workload : all) {
            if (Files.exists(file(workload))) {
                results.add(JSON.readValue(file(workload), Result.class));
            }
        }
        StringBuilder text = new StringBuilder();
        text.append("# Results\n");
        text.append(
                "Written by `benchmarks/run`, the same figures as JSON are in [results](results); the reading of them, and why a"
                        + " goal is not met, is in [README.md](README.md).\n\n");
        text.append(results.stream()
                .map(result -> result.machine().place())
                .distinct()
                .collect(Collectors.joining("\n\n")));
        text.append(
                "\n\nFigures are medians over the rounds; `x first` is the median of the ratios, round by round, to the first"
                        + " row.\n\n");
        text.append("## Goals\n");
        List<List<String>> goals = new ArrayList<>();
        for (Result result : results) {
            result.goals()
                    .forEach(goal -> goals.add(List.of(
                            result.workload(),
                            goal.what(),
                            goal.goal(),
                            goal.measured(),
                            goal.met() ? "met" : "**not met**")));
        }
        text.append(new Table(List.of("workload", "what", "goal", "measured", ""), goals).markdown());
        text.append('\n');
        results.forEach(result -> text.append(result.markdown()));
        return text.toString().stripTrailing() + "\n";
    }
}
