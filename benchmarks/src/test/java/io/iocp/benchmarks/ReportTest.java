package io.iocp.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ReportTest {

    @Test
    void shouldShowMediansAndRatiosPairByPair() {
        Map<Candidate, List<Measurement>> measured = new LinkedHashMap<>();
        measured.put(Candidate.port("first"), List.of(rate(100), rate(300), rate(1_000)));
        measured.put(Candidate.netty("second"), List.of(rate(50), rate(600), rate(500)));

        assertThat(new Report("Title").comparison(measured).page())
                .contains("| first | 300 | 100 - 1,000 | 1.00 |", "| second | 500 | 50 - 600 | 0.50 |");
    }

    private static Measurement rate(long perSecond) {
        Histogram one = new Histogram(3);
        one.recordValue(1_000);
        return new Measurement(perSecond, 1_000_000_000, one, new Histogram(3), 1, 1);
    }
}
