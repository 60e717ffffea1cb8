package io.iocp.benchmarks.parts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;

/** Every part runs: JMH fails when one of them throws. How fast is of no interest here. */
class PartsTest {
    /** As many as the annotations say: methods, times their ways. */
    private static final int PARTS = 13;

    @Test
    void eachPartRuns() throws Exception {
        Collection<RunResult> results = Parts.run(new Parts.Effort(0, 0, 1, 5), "");
        assertThat(results).hasSize(PARTS);
        assertThat(results)
                .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore())
                        .as(Parts.label(result))
                        .isPositive());
    }
}
