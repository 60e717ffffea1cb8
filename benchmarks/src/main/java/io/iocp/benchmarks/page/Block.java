package io.iocp.benchmarks.page;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A part of a section.
 *
 * @param heading above it
 * @param paragraphs before the table
 * @param table to be read by people
 * @param samples all that was measured, to be read by programs: candidate, metric, round by round
 */
public record Block(
        @Nullable String heading,
        List<String> paragraphs,
        @Nullable Table table,
        @Nullable Map<String, Map<String, List<Double>>> samples) {

    String markdown() {
        StringBuilder text = new StringBuilder();
        if (heading != null) {
            text.append("### ").append(heading).append('\n');
        }
        for (String paragraph : paragraphs) {
            text.append(paragraph).append("\n\n");
        }
        if (table != null) {
            text.append(table.markdown()).append('\n');
        }
        return text.toString();
    }
}
