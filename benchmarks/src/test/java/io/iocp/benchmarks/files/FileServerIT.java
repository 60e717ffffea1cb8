package io.iocp.benchmarks.files;

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
@Needs({"nginx", "wrk", "curl"})
class FileServerIT {

    @Test
    void shouldWriteAPageWithAllSizes(@TempDir Path folder) throws Exception {
        FileServer workload = new FileServer();
        Arguments given = new Arguments("rounds=1", "millis=1", "warm-up-millis=1", "apart=false", "big-mib=2");

        new Results(folder, List.of(workload)).run(workload, "benchmarks/run files", given);

        assertThat(Files.readString(folder.resolve("RESULTS.md")))
                .contains("### 10 KiB\n", "### 1 MiB\n", "### 2 MiB, 3 at once by `curl`\n")
                .contains("| nginx |", "| demo files |")
                .doesNotContain("NaN");
    }
}
