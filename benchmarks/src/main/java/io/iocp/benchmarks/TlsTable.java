package io.iocp.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a TLS load came to: one row for each candidate, medians over the rounds, ratios pair by pair to the first candidate. */
final class TlsTable {
    static final List<String> HEADS = List.of(
            "server",
            "per second",
            "least - most",
            "x first",
            "p50 us",
            "p99 us",
            "server CPU us each",
            "CPU x first",
            "server busy",
            "load CPU us each",
            "load busy");

    private TlsTable() {}

    static List<List<String>> rows(Map<Candidate, List<Measurement>> measured) {
        List<Measurement> first = measured.values().iterator().next();
        List<List<String>> rows = new ArrayList<>();
        measured.forEach((candidate, rounds) -> rows.add(List.of(
                candidate.name(),
                Report.number(Report.median(rounds, Measurement::perSecond)),
                Report.number(rounds.stream()
                                .mapToDouble(Measurement::perSecond)
                                .min()
                                .orElse(Double.NaN))
                        + " - "
                        + Report.number(rounds.stream()
                                .mapToDouble(Measurement::perSecond)
                                .max()
                                .orElse(Double.NaN)),
                Report.ratio(rounds, first, Measurement::perSecond),
                Report.number(Report.median(rounds, m -> m.othersMicros(50))),
                Report.number(Report.median(rounds, m -> m.othersMicros(99))),
                Report.decimal(Report.median(rounds, Measurement::serverMicrosPerMessage)),
                Report.ratio(rounds, first, Measurement::serverMicrosPerMessage),
                Report.decimal(Report.median(rounds, Measurement::serverProcessors)),
                Report.decimal(Report.median(rounds, Measurement::loadMicrosPerMessage)),
                Report.decimal(Report.median(rounds, m -> (double) m.loadCpuNanos() / m.nanos())))));
        return rows;
    }
}
