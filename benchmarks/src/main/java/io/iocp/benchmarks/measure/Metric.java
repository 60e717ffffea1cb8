package io.iocp.benchmarks.measure;

/**
 * One of the figures that are taken of each candidate in each round.
 *
 * @param name as it heads a column, with its unit
 * @param digits behind the point
 */
public record Metric(String name, int digits) {
    public static final Metric PER_SECOND = new Metric("a second", 0);
    public static final Metric SERVER_CPU = new Metric("server CPU us each", 2);
    /** Of all the processor time; the kernel counts it by ticks, so it is exact to some per cent. */
    public static final Metric USER_SHARE = new Metric("of it user %", 0);

    public static final Metric LOAD_CPU = new Metric("load CPU us each", 2);
    /** Processors that the server kept busy. */
    public static final Metric SERVER_BUSY = new Metric("server busy", 2);
    /** Processors that the load generator kept busy: at 1 it, and not the server, may be what was measured. */
    public static final Metric LOAD_BUSY = new Metric("load busy", 2);

    public static final Metric P50 = new Metric("p50 us", 0);
    public static final Metric P99 = new Metric("p99 us", 0);
    public static final Metric P999 = new Metric("p99.9 us", 0);
}
