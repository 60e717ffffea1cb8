package io.iocp.benchmarks.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.Needs;
import io.iocp.benchmarks.measure.Arguments;
import io.iocp.benchmarks.page.Results;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All of the workload, with figures that mean nothing. */
@Needs({"redis-server", "redis-benchmark"})
class KeyValueIT {

    @Test
    void shouldWriteAPageWithAllCombinations(@TempDir Path folder) throws Exception {
        KeyValue workload = new KeyValue();
        Arguments given = new Arguments("rounds=1", "millis=1", "warm-up-millis=1", "apart=false");

        new Results(folder, List.of(workload)).run(workload, "benchmarks/run kv", given);

        assertThat(Files.readString(folder.resolve("RESULTS.md")))
                .contains("### SET, -P 1\n", "### GET, -P 1\n", "### SET, -P 16\n", "### GET, -P 16\n")
                .contains("| redis-server |", "| demo kv |")
                .doesNotContain("NaN");
    }
}
