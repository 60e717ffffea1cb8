package io.iocp.benchmarks.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.benchmarks.measure.Comparison;
import io.iocp.benchmarks.measure.Metric;
import io.iocp.benchmarks.measure.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void shouldShowMediansAndRatiosPairByPair() {
        Comparison measured = new Comparison();
        List.of(100, 300, 1_000)
                .forEach(rate -> measured.add("first", Sample.empty().with(Metric.PER_SECOND, rate)));
        List.of(50, 600, 500)
                .forEach(rate -> measured.add("second", Sample.empty().with(Metric.PER_SECOND, rate)));

        assertThat(Table.of(measured, Metric.PER_SECOND).markdown())
                .contains("| first | 300 | 100 - 1,000 | 1.000 |", "| second | 500 | 50 - 600 | 0.500 |");
    }
}
