package io.iocp.benchmarks.page;

import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows under heads, as text. */
public record Table(List<String> heads, List<List<String>> rows) {

    /**
     * One row for each candidate: medians over the rounds.
     *
     * @param main of this metric also the least and the most, and the ratio to the first candidate
     */
    public static Table of(Comparison measured, Metric main) {
        String first = measured.candidates().getFirst();
        List<Metric> metrics = measured.metrics();
        List<String> heads = new ArrayList<>(List.of(""));
        for (Metric metric : metrics) {
            heads.add(metric.name());
            if (metric.equals(main)) {
                heads.addAll(List.of("least - most", "x first"));
            }
        }
        List<List<String>> rows = new ArrayList<>();
        for (String candidate : measured.candidates()) {
            List<String> row = new ArrayList<>(List.of(candidate));
            for (Metric metric : metrics) {
                row.add(number(measured.median(candidate, metric), metric.digits()));
                if (metric.equals(main)) {
                    List<Double> all = measured.figures(candidate, metric).stream()
                            .sorted()
                            .toList();
                    row.add(number(all.getFirst(), metric.digits()) + " - " + number(all.getLast(), metric.digits()));
                    row.add(number(measured.ratio(candidate, first, metric), 3));
                }
            }
            rows.add(row);
        }
        return new Table(heads, rows);
    }

    public static String number(double value, int digits) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        row(text, heads);
        row(text, heads.stream().map(_ -> "---").toList());
        rows.forEach(cells -> row(text, cells));
        return text.toString();
    }

    private static void row(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
}
