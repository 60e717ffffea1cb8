package io.iocp.benchmarks.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Samples of several candidates, taken in turn: the n-th of one was taken beside the n-th of every other. */
public final class Comparison {
    private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

    public void add(String candidate, Sample sample) {
        samples.computeIfAbsent(candidate, _ -> new ArrayList<>()).add(sample);
    }

    /** In the order in which they came. */
    public List<String> candidates() {
        return List.copyOf(samples.keySet());
    }

    public List<Metric> metrics() {
        Set<Metric> metrics = new LinkedHashSet<>();
        samples.values()
                .forEach(all -> all.forEach(s -> metrics.addAll(s.figures().keySet())));
        return List.copyOf(metrics);
    }

    /** Round by round. */
    public List<Double> figures(String candidate, Metric metric) {
        return of(candidate).stream().map(sample -> sample.get(metric)).toList();
    }

    public double median(String candidate, Metric metric) {
        return median(figures(candidate, metric));
    }

    /** The median of the ratios, round by round, which is steadier than the ratio of the medians where a machine is shared. */
    public double ratio(String candidate, String to, Metric metric) {
        List<Double> ours = figures(candidate, metric);
        List<Double> theirs = figures(to, metric);
        return median(IntStream.range(0, Math.min(ours.size(), theirs.size()))
                .mapToObj(round -> ours.get(round) / theirs.get(round))
                .toList());
    }

    /** Which of some candidates has the least median. */
    public String least(Metric metric, Predicate<String> of) {
        return candidates().stream()
                .filter(of)
                .min((a, b) -> Double.compare(median(a, metric), median(b, metric)))
                .orElseThrow();
    }

    /** Which of some candidates has the greatest median. */
    public String most(Metric metric, Predicate<String> of) {
        return candidates().stream()
                .filter(of)
                .max((a, b) -> Double.compare(median(a, metric), median(b, metric)))
                .orElseThrow();
    }

    /** Figures that were not taken do not count. */
    public static double median(List<Double> values) {
        List<Double> sorted =
                values.stream().filter(value -> !value.isNaN()).sorted().toList();
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private List<Sample> of(String candidate) {
        List<Sample> all = samples.get(candidate);
        if (all == null) {
            throw new IllegalArgumentException("not measured: " + candidate + "; there are " + samples.keySet());
        }
        return all;
    }
}
