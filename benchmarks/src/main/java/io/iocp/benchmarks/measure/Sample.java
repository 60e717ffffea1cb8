package io.iocp.benchmarks.measure;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one candidate did in one round.
 *
 * @param figures by metric, in the order of the columns
 */
public record Sample(Map<Metric, Double> figures) {

    /** Nothing yet. */
    public static Sample empty() {
        return new Sample(new LinkedHashMap<>());
    }

    /** What every load on a server comes to. */
    public static Sample of(long operations, long nanos, long serverCpuNanos, long loadCpuNanos) {
        double each = operations == 0 ? Double.NaN : operations;
        return empty().with(Metric.PER_SECOND, operations * 1e9 / nanos)
                .with(Metric.SERVER_CPU, serverCpuNanos / 1e3 / each)
                .with(Metric.LOAD_CPU, loadCpuNanos / 1e3 / each)
                .with(Metric.SERVER_BUSY, (double) serverCpuNanos / nanos)
                .with(Metric.LOAD_BUSY, (double) loadCpuNanos / nanos);
    }

    public Sample with(Metric metric, double figure) {
        figures.put(metric, figure);
        return this;
    }

    /** Not a number if it was not taken. */
    public double get(Metric metric) {
        return figures.getOrDefault(metric, Double.NaN);
    }
}
