package io.iocp.benchmarks.page;

import java.util.List;
import java.util.Map;

/**
 * What one run of one workload came to, as it is kept.
 *
 * @param workload its name in the command
 * @param title above its section
 * @param command that repeats it
 * @param circumstances that are this workload's own
 */
public record Result(
        String workload,
        String title,
        String command,
        Machine machine,
        Map<String, String> circumstances,
        List<Block> blocks,
        List<Goal> goals) {

    String markdown() {
        StringBuilder text = new StringBuilder("## " + title + "\n");
        text.append("`").append(command).append("`; ").append(machine.run()).append("\n\n");
        blocks.forEach(block -> text.append(block.markdown()));
        if (!circumstances.isEmpty()) {
            text.append("<details><summary>What was run</summary>\n\n");
            text.append(new Table(
                            List.of("what", "value"),
                            circumstances.entrySet().stream()
                                    .map(one -> List.of(one.getKey(), one.getValue()))
                                    .toList())
                    .markdown());
            text.append("\n</details>\n\n");
        }
        return text.toString();
    }
}
