package io.iocp.benchmarks.reads;

/**
 * What one candidate read in its turn.
 *
 * @param cpuNanos processor time of its process
 */
record Reads(long count, long nanos, long cpuNanos) {}
