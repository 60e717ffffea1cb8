package io.iocp.benchmarks.measure;

import org.HdrHistogram.Histogram;

/**
 * What one server did under one load.
 *
 * @param messages that came back in the measured time
 * @param nanos the measured time
 * @param others latencies of messages whose handlers did not sleep
 * @param sleepers latencies of messages whose handlers slept
 * @param serverCpuNanos processor time of the server meanwhile
 * @param loadCpuNanos processor time of the load generator meanwhile
 */
public record Measurement(
        long messages, long nanos, Histogram others, Histogram sleepers, long serverCpuNanos, long loadCpuNanos) {

    public double perSecond() {
        return messages * 1e9 / nanos;
    }

    public double othersMicros(double percentile) {
        return others.getValueAtPercentile(percentile) / 1e3;
    }

    public double sleepersMicros(double percentile) {
        return sleepers.getTotalCount() == 0 ? Double.NaN : sleepers.getValueAtPercentile(percentile) / 1e3;
    }

    public double serverMicrosPerMessage() {
        return messages == 0 ? Double.NaN : serverCpuNanos / 1e3 / messages;
    }

    public double loadMicrosPerMessage() {
        return messages == 0 ? Double.NaN : loadCpuNanos / 1e3 / messages;
    }

    /** Processors that the server kept busy. */
    public double serverProcessors() {
        return (double) serverCpuNanos / nanos;
    }
}
